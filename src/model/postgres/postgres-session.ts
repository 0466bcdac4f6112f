import type {Row, Severity} from '../../contract/row.ts';
import type {SessionRecord} from '../../port/postgres.ts';
import {formatDuration} from '../../text/format.ts';
import {descendantsOf, type LockForest, preparedTransaction, waitersOfRoot} from './postgres-locks.ts';

export const sessionKind = 'postgres.session';

/** A session that runs a statement, waits, has a transaction open, or blocks another. Ages are those that the server reported. */
export type PostgresSessionRow = Row<typeof sessionKind> &
	SessionRecord & {
		/** Since the statement started, or since the transaction became idle. */
		readonly ageSeconds: number | undefined;
		/** The lock it waits for. */
		readonly wait:
			| {
					readonly lockType: string;
					readonly mode: string;
					readonly relation: string | undefined;
					readonly seconds: number;
			  }
			| undefined;
		/** The sessions at the head of its queue, which do not wait; 0 is a prepared transaction. Empty when it does not wait for a lock. */
		readonly roots: readonly number[];
		/** Sessions behind this one: those that wait for it when it is at the head, otherwise those under it in the lock tree. */
		readonly blocks: number;
		/** Their longest wait. */
		readonly blocksSeconds: number;
	};

/** Shorter waits are normal in a database. */
export const blockedWarnSeconds = 3;
export const blockedCritSeconds = 30;
/** This many waiting sessions are a pile-up, however short their waits. */
export const blockedCritCount = 10;
export const idleTransactionWarnSeconds = 60;
export const idleTransactionCritSeconds = 600;
export const statementWarnSeconds = 30;
/** The troubleshooting guides call a query of more than five minutes long-running. */
export const statementLongSeconds = 300;
export const statementCritSeconds = 1800;

/** A session whose start is hidden cannot be distinguished from a later one with the same pid: it is shown, but no action applies. */
export const sessionId = (session: {readonly pid: number; readonly backendStart: string | undefined}): string =>
	`${session.pid}@${session.backendStart ?? 'hidden'}`;

export const isIdleInTransaction = (session: {readonly state: string | undefined}): boolean =>
	session.state?.startsWith('idle in transaction') ?? false;

/** Whether it is a client's session, and not autovacuum or another worker of the server. */
export const isClient = (session: SessionRecord): boolean => session.backendType === 'client backend';

/** The severity of `count` sessions that wait for one, the longest for `seconds`. */
export function blockingSeverity(count: number, seconds: number): Severity {
	if (count === 0 || seconds < blockedWarnSeconds) return 'ok';
	return seconds >= blockedCritSeconds || count >= blockedCritCount ? 'crit' : 'warn';
}

type Judgement = {readonly severity: Severity; readonly why?: string};

const sessionsWait = (count: number): string =>
	count === 1 ? '1 session waits for it' : `${count} sessions wait for it`;

export const pidText = (pid: number): string => (pid === preparedTransaction ? 'a prepared transaction' : `pid ${pid}`);

function judgeAge(row: Omit<PostgresSessionRow, keyof Row>): Judgement {
	if (row.hidden) return {severity: 'unknown', why: 'its state is hidden from us: needs pg_read_all_stats'};
	if (isIdleInTransaction(row)) {
		const idle = row.stateSeconds ?? 0;
		const why = `${row.state} for ${formatDuration(idle)}`;
		if (idle >= idleTransactionCritSeconds) return {severity: 'crit', why};
		return idle >= idleTransactionWarnSeconds ? {severity: 'warn', why} : {severity: 'ok'};
	}
	if (row.state !== 'active' || !isClient(row)) return {severity: 'ok'};
	const runs = row.querySeconds ?? 0;
	const why = `runs for ${formatDuration(runs)}`;
	if (runs >= statementCritSeconds) return {severity: 'crit', why};
	return runs >= statementWarnSeconds ? {severity: 'warn', why} : {severity: 'ok'};
}

function judgeSession(row: Omit<PostgresSessionRow, keyof Row>): Judgement {
	if (row.wait !== undefined) {
		const {seconds} = row.wait;
		const first = row.roots[0];
		const otherRootsText = row.roots.length > 1 ? ` and ${row.roots.length - 1} more` : '';
		const why = `waits ${formatDuration(seconds)} for ${first === undefined ? 'a lock' : pidText(first) + otherRootsText}`;
		if (seconds >= blockedCritSeconds) return {severity: 'crit', why};
		return seconds >= blockedWarnSeconds ? {severity: 'warn', why} : {severity: 'ok'};
	}
	const ageJudgement = judgeAge(row);
	const blocking = blockingSeverity(row.blocks, row.blocksSeconds);
	if (blocking === 'ok') return ageJudgement;
	const why =
		ageJudgement.why === undefined ? sessionsWait(row.blocks) : `${ageJudgement.why}, ${sessionsWait(row.blocks)}`;
	return {severity: ageJudgement.severity === 'crit' ? 'crit' : blocking, why};
}

/** Before PostgreSQL 14, and for an instant after the wait began, only the statement's age is known. */
const waitSeconds = (reported: number | undefined, session: SessionRecord): number =>
	Math.max(0, reported ?? session.querySeconds ?? 0);

export function sessionRows(
	target: string,
	sessions: readonly SessionRecord[],
	forest: LockForest,
): readonly PostgresSessionRow[] {
	const byPid = new Map(sessions.map(session => [session.pid, session]));
	const waited = new Map<number, number>();
	for (const [pid, wait] of forest.waits) {
		const session = byPid.get(pid);
		waited.set(pid, session === undefined ? (wait.waitSeconds ?? 0) : waitSeconds(wait.waitSeconds, session));
	}
	return sessions.map(session => {
		const wait = forest.waits.get(session.pid);
		const waiters = wait === undefined ? waitersOfRoot(forest, session.pid) : descendantsOf(forest, session.pid);
		const facts = {
			...session,
			ageSeconds: session.state === 'active' ? session.querySeconds : session.stateSeconds,
			wait:
				wait === undefined
					? undefined
					: {
							lockType: wait.lockType,
							mode: wait.mode,
							relation: wait.relation,
							seconds: waited.get(session.pid) ?? 0,
						},
			roots: forest.rootsOf.get(session.pid) ?? [],
			blocks: waiters.length,
			blocksSeconds: Math.max(0, ...waiters.map(pid => waited.get(pid) ?? 0)),
		};
		return {id: sessionId(session), kind: sessionKind, target, ...judgeSession(facts), ...facts};
	});
}

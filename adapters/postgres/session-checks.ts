import type {Check} from '../../src/contract/action.ts';
import {AdapterError, conflictError} from '../../src/errors.ts';
import {isClient, type PostgresSessionRow, pidText} from '../../src/model/postgres/postgres-session.ts';
import type {PostgresPort, ServerRecord, SessionRecord} from '../../src/port/postgres.ts';
import {grantSignalStatement} from './grant-statements.ts';

export const sessionConflictError = (pid: number): AdapterError =>
	conflictError(`pid ${pid} has ended or is another session now`);

/** Why a session cannot be signalled; shown beside the dim key. */
function unsignallableReason(row: PostgresSessionRow): string | undefined {
	if (row.hidden || row.backendStart === undefined) return 'its start is hidden from us: needs pg_read_all_stats';
	if (!isClient(row)) return `it is not a client but ${row.backendType ?? 'a process of the server'}`;
	return undefined;
}

/** The first reason among several rows, with its pid; undefined when all can be signalled. */
export function unsignallableReasonOfAny(
	rows: readonly PostgresSessionRow[],
	further: (row: PostgresSessionRow) => string | undefined = () => undefined,
): string | undefined {
	if (rows.length === 0) return 'no session is selected';
	for (const row of rows) {
		const reason = unsignallableReason(row) ?? further(row);
		if (reason !== undefined) return rows.length === 1 ? reason : `pid ${row.pid}: ${reason}`;
	}
	return undefined;
}

/** A selected row, and the current state of its session. */
export type SelectedSession = {readonly row: PostgresSessionRow; readonly session: SessionRecord};

/**
 * The selected rows with the current state of their sessions, at least one.
 * @throws AdapterError `conflict` when one of them has ended, `unsupported` when one must not be signalled.
 */
export async function readSelectedSessions(
	rows: readonly PostgresSessionRow[],
	port: PostgresPort,
	signal: AbortSignal,
): Promise<readonly [SelectedSession, ...SelectedSession[]]> {
	for (const row of rows) {
		const reason = unsignallableReason(row);
		if (reason !== undefined)
			throw new AdapterError('unsupported', `pid ${row.pid}: ${reason}`, 'Choose a session of a client.');
	}
	const sessions = await readSessionsByPid(rows, port, signal);
	const [first, ...others] = rows.map((row): SelectedSession => {
		const session = sessions.get(row.pid);
		if (session === undefined || session.backendStart !== row.backendStart) throw sessionConflictError(row.pid);
		return {row, session};
	});
	if (first === undefined) throw conflictError('no session is selected');
	return [first, ...others];
}

/** The current sessions with these pids, also where a pid was reused. */
export async function readSessionsByPid(
	these: readonly {readonly pid: number}[],
	port: PostgresPort,
	signal: AbortSignal,
): Promise<ReadonlyMap<number, SessionRecord>> {
	const pids = these.map(({pid}) => pid);
	return new Map((await port.sessionsByPid(pids, {signal})).map(session => [session.pid, session]));
}

export const describeTouchedSession = ({pid, user, database}: SessionRecord, query: string): string =>
	`pid ${pid}, ${user ?? '?'} on ${database ?? '?'}: ${query}`;

/** `4711`, or `3 sessions`. */
export const nameSessions = (these: readonly {readonly pid: number}[]): string =>
	these.length === 1 ? String(these[0]?.pid) : `${these.length} sessions`;

/** The checks of each session. Of several sessions, passed checks are merged into one line per label, and all others name their pid. */
export function mergeSessionChecks(
	checked: readonly {readonly pid: number; readonly checks: readonly Check[]}[],
): readonly Check[] {
	if (checked.length === 1) return checked[0]?.checks ?? [];
	const all = checked.flatMap(({pid, checks}) => checks.map(check => ({pid, check})));
	const passed = Map.groupBy(
		all.filter(({check}) => check.result === 'pass'),
		({check}) => check.label,
	);
	return [
		...all
			.filter(({check}) => check.result !== 'pass')
			.map(({pid, check}) => {
				const name = `pid ${pid}`;
				return {...check, detail: check.detail.startsWith(name) ? check.detail : `${name}: ${check.detail}`};
			}),
		...[...passed].map(([label, {length}]): Check => {
			const detail =
				length === checked.length
					? `all ${length} pass`
					: `${length} of ${checked.length} ${length === 1 ? 'passes' : 'pass'}`;
			return {label, result: 'pass', detail};
		}),
	];
}

export const pidList = (these: readonly {readonly pid: number}[]): string => these.map(({pid}) => pid).join(', ');

/** The key of one signalled session in the receipt of several. */
export const receiptKey = ({pid}: {readonly pid: number}): string => `pid ${pid}`;

/** Whether the server will let us. pg_signal_backend does not reach the sessions of superusers. */
function signalPermissionCheck(session: SessionRecord, server: ServerRecord): Check {
	const label = 'the right to signal it';
	if (session.pid === server.pid)
		return {label, result: 'block', detail: 'it is the connection that midwatch reads with'};
	if (session.signal === 'may')
		return {
			label,
			result: 'pass',
			detail: `${server.user} ${server.superuser ? 'is a superuser' : `may signal sessions of ${session.user}`}`,
		};
	if (session.signal === 'superuser') {
		const detail = `${session.user ?? 'its user'} is a superuser: only a superuser may, no GRANT is enough; connect as one`;
		return {label, result: 'block', detail};
	}
	return {label, result: 'block', detail: `needs: ${grantSignalStatement(server.user)}`};
}

/** Whether it is still what was shown, and whether it may be signalled; midwatch's own connection is named as such whatever it does. */
export function sessionChecks(
	sessionCheck: Check,
	session: SessionRecord | undefined,
	server: ServerRecord,
): readonly Check[] {
	if (session === undefined) return [sessionCheck];
	const permissionCheck = signalPermissionCheck(session, server);
	if (session.pid === server.pid) return [permissionCheck];
	return sessionCheck.conflict ? [sessionCheck] : [sessionCheck, permissionCheck];
}

export type FutileReason = {readonly reason: string; readonly instead?: string};

/**
 * Why ending `row` unblocks nothing: it only waits itself. A session that waits for a table lock is different: those queued behind it may
 * be compatible with the current holder.
 */
export function onlyWaitsReason(row: PostgresSessionRow): FutileReason | undefined {
	const [root, ...others] = row.roots;
	if (root === undefined || (row.wait?.lockType === 'relation' && row.blocks > 0)) return undefined;
	const otherRootsText = others.length === 0 ? '' : ` and ${others.length} more`;
	return {reason: `it only waits: ${pidText(root)}${otherRootsText} holds the lock`};
}

/**
 * The reason why a signal helps none of the selected sessions. A session that waits only for other selected ones is unblocked with them.
 */
export function futileReasonForAll(
	selected: readonly SelectedSession[],
	why: (one: SelectedSession) => FutileReason | undefined,
): FutileReason | undefined {
	const pids = new Set(selected.map(({row}) => row.pid));
	const reasons = selected.map(one =>
		selected.length > 1 && one.row.roots.length > 0 && one.row.roots.every(root => pids.has(root))
			? undefined
			: why(one),
	);
	const [first] = reasons;
	if (first === undefined || reasons.some(reason => reason === undefined)) return undefined;
	if (selected.length === 1) return first;
	const instead = reasons.every(reason => reason?.instead === first.instead) ? first.instead : undefined;
	return {
		reason: `not one of them: pid ${selected[0]?.row.pid}, ${first.reason}`,
		...(instead === undefined ? {} : {instead}),
	};
}

/** A session may wait for several of the selected ones, so the sum is exact only when one alone is waited for. */
export function describeWaiters(selected: readonly SelectedSession[]): string {
	const waited = selected.map(({row}) => row.blocks).filter(blocks => blocks > 0);
	const sum = waited.reduce((total, blocks) => total + blocks, 0);
	if (sum === 0) return '';
	const whom = selected.length === 1 ? 'it' : 'them';
	const sessions = sum === 1 ? '1 session waits' : `${sum} sessions wait`;
	return ` ${waited.length > 1 ? 'Up to ' : ''}${sessions} for ${whom}.`;
}

import type {Check} from '../../src/contract.ts';
import {defineAction} from '../../src/define.ts';
import {AdapterError} from '../../src/errors.ts';
import {isIdleInTransaction, type PostgresSessionRow, sessionKind} from '../../src/model/postgres-session.ts';
import type {PostgresPort, SessionIdentity, SessionRecord} from '../../src/port/postgres.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {duration} from '../../src/text/figures.ts';
import {sqlLiteral} from '../../src/text/quote.ts';
import {psqlLine} from './by-hand.ts';
import {gone, oneSession, onlyWaits, reachable, signalCheck} from './session-checks.ts';
import {actSql, terminateGuard} from './sql.ts';

/** JSON knows no undefined: a session that is not in an idle transaction is bound to null. */
export type TerminatePlan = {
	readonly pid: number;
	readonly backendStart: string;
	readonly idleTransactionStart: string | null;
	readonly query: string;
};

const identityOf = (plan: TerminatePlan): SessionIdentity => ({
	pid: plan.pid,
	backendStart: plan.backendStart,
	idleTransactionStart: plan.idleTransactionStart ?? undefined,
});

function sameSession(plan: TerminatePlan, session: SessionRecord | undefined): Check {
	const label = 'still the same session';
	const moved = (detail: string): Check => ({label, result: 'block', detail, moved: true});
	if (session === undefined) return moved(`pid ${plan.pid} has ended`);
	if (session.backendStart !== plan.backendStart) return moved(`pid ${plan.pid} is another session now`);
	if (plan.idleTransactionStart === null) return {label, result: 'pass', detail: `since ${plan.backendStart}`};
	if (session.transactionStart !== plan.idleTransactionStart)
		return moved(`pid ${plan.pid} has ended that transaction`);
	if (!isIdleInTransaction(session))
		return moved(`pid ${plan.pid} is no longer idle: it is ${session.state ?? 'hidden'}`);
	return {label, result: 'pass', detail: `idle in the same transaction since ${plan.idleTransactionStart}`};
}

function impactOf(row: PostgresSessionRow, session: SessionRecord): string {
	const transaction =
		session.transactionSeconds === undefined
			? 'It has no transaction open.'
			: `Its transaction of ${duration(session.transactionSeconds)} is rolled back.`;
	const freed =
		row.blocks === 0 ? '' : ` ${row.blocks === 1 ? '1 session waits' : `${row.blocks} sessions wait`} for it.`;
	return `The connection is closed. ${transaction} The client gets an error and may connect again.${freed}`;
}

export const terminate = defineAction<PostgresSessionRow, PostgresPort>()<TerminatePlan>({
	id: 'postgres.terminate',
	title: 'Terminate session',
	key: 'T',
	kind: sessionKind,
	selects: 'one',
	params: [],
	disabled: ([row]) => (row === undefined ? 'no session is selected' : reachable(row)),
	async preview(rows, _params, {port, target, signal}) {
		const {row, session} = await oneSession(rows, port, signal);
		const {pid, backendStart} = session;
		if (backendStart === undefined) throw gone(pid);
		const idleSince = isIdleInTransaction(session) ? session.transactionStart : undefined;
		const query = cleanLine(session.query ?? '').slice(0, 200);
		const started = idleSince === undefined ? undefined : sqlLiteral(idleSince).trim();
		const guard = terminateGuard(String(pid), sqlLiteral(backendStart).trim(), started);
		const reason = onlyWaits(row);
		return {
			plan: {pid, backendStart, idleTransactionStart: idleSince ?? null, query},
			target: target.name,
			object: String(pid),
			touches: [`pid ${pid}, ${session.user ?? '?'} on ${session.database ?? '?'}: ${query}`],
			equivalent: psqlLine(target, actSql('pg_terminate_backend', guard)),
			impact: impactOf(row, session),
			bound: `pid ${pid}, backend started ${backendStart}${idleSince === undefined ? '' : `, idle in the transaction of ${idleSince}`}`,
			changes: [],
			risk: 'medium',
			undo: {class: 'none', text: 'what the transaction did is rolled back; its client has to do it again'},
			...(reason === undefined ? {} : {unhelpful: reason}),
		};
	},
	async preflight(plan, {port, signal}) {
		const [session] = await port.sessionsByPid([plan.pid], {signal});
		const server = await port.server({signal});
		const same = sameSession(plan, session);
		return session === undefined || same.moved ? [same] : [same, signalCheck(session, server)];
	},
	async run(plan, {port, signal, record}) {
		const result = await port.terminate(identityOf(plan), record, {signal});
		if (result !== 'sent') {
			throw new AdapterError(
				'conflict',
				`pid ${plan.pid} is no longer that session`,
				'Nothing was sent. Look at the session again.',
			);
		}
		return {summary: `terminated pid ${plan.pid}`, before: {backendStart: plan.backendStart, query: plan.query}};
	},
	async verify(plan, _receipt, {port, signal}) {
		const [session] = await port.sessionsByPid([plan.pid], {signal});
		return session === undefined || session.backendStart !== plan.backendStart
			? {result: 'done', detail: `pid ${plan.pid} has ended`}
			: {
					result: 'pending',
					detail: `pid ${plan.pid} is still there: it is rolling back, or has not come to a point where it can stop`,
				};
	},
	settleMs: 15_000,
	undo: {
		impossible:
			'An ended session cannot be brought back, and what its transaction did is rolled back: its client has to do it again.',
	},
});

import type {Check} from '../../src/contract.ts';
import {defineAction} from '../../src/define.ts';
import {AdapterError} from '../../src/errors.ts';
import {isIdleInTransaction, type PostgresSessionRow, sessionKind} from '../../src/model/postgres-session.ts';
import type {PostgresPort, SessionRecord, StatementIdentity} from '../../src/port/postgres.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {duration} from '../../src/text/figures.ts';
import {sqlLiteral} from '../../src/text/quote.ts';
import {psqlLine} from './by-hand.ts';
import {gone, oneSession, onlyWaits, reachable, signalCheck} from './session-checks.ts';
import {actSql, cancelGuard} from './sql.ts';

export type CancelPlan = StatementIdentity & {readonly state: string; readonly query: string};

const isSame = (plan: CancelPlan, session: SessionRecord): boolean =>
	session.backendStart === plan.backendStart && session.queryStart === plan.queryStart && session.state === 'active';

function sameStatement(plan: CancelPlan, session: SessionRecord | undefined): Check {
	const label = 'still runs the same statement';
	if (session === undefined) return {label, result: 'block', detail: `pid ${plan.pid} has ended`, moved: true};
	if (isSame(plan, session)) return {label, result: 'pass', detail: `since ${plan.queryStart}`};
	if (plan.state !== 'active') {
		return {label, result: 'block', detail: `pid ${plan.pid} is ${plan.state}: there is nothing to cancel`};
	}
	const detail =
		session.backendStart === plan.backendStart
			? `pid ${plan.pid} has gone on: it is ${session.state ?? 'hidden'}`
			: `pid ${plan.pid} is another session now`;
	return {label, result: 'block', detail, moved: true};
}

function unhelpful(row: PostgresSessionRow, session: SessionRecord) {
	if (isIdleInTransaction(session)) {
		return {reason: 'it runs nothing: a cancel does not end an idle transaction', instead: 'postgres.terminate'};
	}
	return onlyWaits(row);
}

export const cancel = defineAction<PostgresSessionRow, PostgresPort>()<CancelPlan>({
	id: 'postgres.cancel',
	title: 'Cancel statement',
	key: 'C',
	kind: sessionKind,
	selects: 'one',
	params: [],
	disabled([row]) {
		if (row === undefined) return 'no session is selected';
		return reachable(row) ?? (row.state === 'active' || isIdleInTransaction(row) ? undefined : 'it runs nothing');
	},
	async preview(rows, _params, {port, target, signal}) {
		const {row, session} = await oneSession(rows, port, signal);
		const {pid, backendStart, queryStart} = session;
		if (backendStart === undefined || queryStart === undefined) throw gone(pid);
		const query = cleanLine(session.query ?? '').slice(0, 200);
		const guard = cancelGuard(String(pid), sqlLiteral(backendStart).trim(), sqlLiteral(queryStart).trim());
		const reason = unhelpful(row, session);
		const waiting = row.blocks === 0 ? '' : ` ${row.blocks} wait for it.`;
		return {
			plan: {pid, backendStart, queryStart, state: session.state ?? 'hidden', query},
			target: target.name,
			object: String(pid),
			touches: [`pid ${pid}, ${session.user ?? '?'} on ${session.database ?? '?'}: ${query}`],
			equivalent: psqlLine(target, actSql('pg_cancel_backend', guard)),
			impact: `The statement that has run for ${duration(session.querySeconds)} fails with an error; its session stays.${waiting}`,
			bound: `pid ${pid}, backend started ${backendStart}, query started ${queryStart}, state active`,
			changes: [],
			risk: 'low',
			undo: {class: 'none', text: 'the work of the statement is lost; its client has to run it again'},
			...(reason === undefined ? {} : {unhelpful: reason}),
		};
	},
	async preflight(plan, {port, signal}) {
		const [session] = await port.sessionsByPid([plan.pid], {signal});
		const server = await port.server({signal});
		const same = sameStatement(plan, session);
		return session === undefined || same.moved ? [same] : [same, signalCheck(session, server)];
	},
	async run(plan, {port, signal, record}) {
		const result = await port.cancel(plan, record, {signal});
		if (result !== 'sent') {
			throw new AdapterError(
				'conflict',
				`pid ${plan.pid} no longer runs that statement`,
				'Nothing was sent. Look at the session again.',
			);
		}
		return {
			summary: `cancelled the statement of pid ${plan.pid}`,
			before: {query: plan.query, queryStart: plan.queryStart},
		};
	},
	async verify(plan, _receipt, {port, signal}) {
		const [session] = await port.sessionsByPid([plan.pid], {signal});
		if (session === undefined || session.backendStart !== plan.backendStart) {
			return {result: 'done', detail: `pid ${plan.pid} has ended`};
		}
		if (isSame(plan, session))
			return {result: 'pending', detail: `pid ${plan.pid} still runs it: it has not come to a point where it can stop`};
		return {result: 'done', detail: `pid ${plan.pid} is ${session.state ?? 'hidden'} now`};
	},
	settleMs: 10_000,
	undo: {impossible: 'A cancelled statement is gone with its work: its client has to run it again.'},
});

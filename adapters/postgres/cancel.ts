import type {Check} from '../../src/contract.ts';
import {defineAction} from '../../src/define.ts';
import {AdapterError} from '../../src/errors.ts';
import {isIdleInTransaction, type PostgresSessionRow, sessionKind} from '../../src/model/postgres-session.ts';
import type {PostgresPort, SessionRecord, StatementIdentity} from '../../src/port/postgres.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {duration} from '../../src/text/figures.ts';
import {sqlArray, sqlLiteral} from '../../src/text/quote.ts';
import {psqlLine} from './by-hand.ts';
import {
	checksOfAll,
	gone,
	objectOf,
	onlyWaits,
	partition,
	pidNames,
	type Reason,
	reachableAll,
	receiptKey,
	type Selected,
	selectedSessions,
	sessionsOf,
	signalCheck,
	touchOf,
	vainFor,
	waitersOf,
} from './session-checks.ts';
import {actOnSeveralSql, actSql, cancelGuard} from './sql.ts';

type Statement = StatementIdentity & {readonly state: string; readonly query: string};

/** The statements that are cancelled together, each of another session. */
export type CancelPlan = {readonly statements: readonly Statement[]};

const isSame = (plan: Statement, session: SessionRecord): boolean =>
	session.backendStart === plan.backendStart && session.queryStart === plan.queryStart && session.state === 'active';

function sameStatement(plan: Statement, session: SessionRecord | undefined): Check {
	const label = 'the statement';
	if (session === undefined) return {label, result: 'block', detail: `pid ${plan.pid} has ended`, moved: true};
	if (isSame(plan, session)) return {label, result: 'pass', detail: `the same, since ${plan.queryStart}`};
	if (plan.state !== 'active') {
		return {label, result: 'block', detail: `pid ${plan.pid} is ${plan.state}: there is nothing to cancel`};
	}
	const detail =
		session.backendStart === plan.backendStart
			? `pid ${plan.pid} has gone on: it is ${session.state ?? 'hidden'}`
			: `pid ${plan.pid} is another session now`;
	return {label, result: 'block', detail, moved: true};
}

function unhelpful({row, session}: Selected): Reason | undefined {
	if (isIdleInTransaction(session)) {
		return {reason: 'it runs nothing: a cancel does not end an idle transaction', instead: 'postgres.terminate'};
	}
	return onlyWaits(row);
}

function statementOf({session}: Selected): Statement {
	const {pid, backendStart, queryStart} = session;
	if (backendStart === undefined || queryStart === undefined) throw gone(pid);
	const query = cleanLine(session.query ?? '').slice(0, 200);
	return {pid, backendStart, queryStart, state: session.state ?? 'hidden', query};
}

function byHand(statements: readonly Statement[]): string {
	const [first] = statements;
	if (first !== undefined && statements.length === 1) {
		const {pid, backendStart, queryStart} = first;
		const guard = cancelGuard(String(pid), sqlLiteral(backendStart).trim(), sqlLiteral(queryStart).trim());
		return actSql('pg_cancel_backend', guard);
	}
	return actOnSeveralSql(
		'pg_cancel_backend',
		sqlArray(statements.map(({pid}) => pid)),
		sqlArray(statements.map(({backendStart}) => backendStart)),
		sqlArray(statements.map(({queryStart}) => queryStart)),
	);
}

function boundTo(statements: readonly Statement[]): string {
	const [first] = statements;
	if (first === undefined || statements.length > 1)
		return `pid ${pidNames(statements)}: each by the start of its backend and of its query, state active`;
	return `pid ${first.pid}, backend started ${first.backendStart}, query started ${first.queryStart}, state active`;
}

function impactOf(selected: readonly Selected[]): string {
	const longest = duration(Math.max(...selected.map(({session}) => session.querySeconds ?? 0)));
	if (selected.length > 1) {
		const fails = `${selected.length} statements fail with an error; the longest has run for ${longest}.`;
		return `${fails} Their sessions stay.${waitersOf(selected)}`;
	}
	const blocks = selected[0]?.row.blocks ?? 0;
	const ran = duration(selected[0]?.session.querySeconds);
	const waiting = blocks === 0 ? '' : ` ${blocks} wait for it.`;
	return `The statement that has run for ${ran} fails with an error; its session stays.${waiting}`;
}

export const cancel = defineAction<PostgresSessionRow, PostgresPort>()<CancelPlan>({
	id: 'postgres.cancel',
	title: 'Cancel statement',
	key: 'C',
	kind: sessionKind,
	selects: 'many',
	params: [],
	shows: [
		{fact: 'pid', bound: 'the pid and backend_start, in the statement that signals'},
		{fact: 'user', bound: 'backend_start: a session keeps the user that it logged in as'},
		{fact: 'database', bound: 'backend_start: a session keeps its database'},
		{fact: 'state', bound: "state = 'active', in the statement that signals"},
		{
			fact: 'the text of its statement',
			bound: 'query_start, in the statement that signals: another statement has another start',
		},
		{fact: 'how long its statement has run', bound: 'query_start, from which it is counted'},
		{
			fact: 'how many sessions wait for it',
			notBound: 'they are freed all the same, and the number is only the reach; it is read once, for the preview',
		},
		{
			fact: 'whether it only waits for another session',
			notBound: 'it is advice: the session named may change, and the act still reaches this session alone',
		},
		{fact: 'whether midwatch may signal it', bound: 'read again before it is sent, and the server refuses it too'},
	],
	disabled: rows =>
		reachableAll(rows, row => (row.state === 'active' || isIdleInTransaction(row) ? undefined : 'it runs nothing')),
	async preview(rows, _params, {port, target, signal}) {
		const selected = await selectedSessions(rows, port, signal);
		const statements = selected.map(statementOf);
		const reason = vainFor(selected, unhelpful);
		return {
			plan: {statements},
			target: target.name,
			object: objectOf(statements),
			locks: statements.map(receiptKey),
			count: selected.length,
			touches: selected.map(({session}, index) => touchOf(session, statements[index]?.query ?? '')),
			equivalent: psqlLine(target, byHand(statements)),
			impact: impactOf(selected),
			bound: boundTo(statements),
			changes: [],
			risk: 'low',
			undo: {class: 'none', text: 'the work of the statement is lost; its client has to run it again'},
			...(reason === undefined ? {} : {unhelpful: reason}),
		};
	},
	async preflight({statements}, {port, signal}) {
		const sessions = await sessionsOf(statements, port, signal);
		const server = await port.server({signal});
		return checksOfAll(
			statements.map(plan => {
				const session = sessions.get(plan.pid);
				const same = sameStatement(plan, session);
				const checks = session === undefined || same.moved ? [same] : [same, signalCheck(session, server)];
				return {pid: plan.pid, checks};
			}),
		);
	},
	async run({statements}, {port, signal, record}) {
		const identities = statements.map(({pid, backendStart, queryStart}) => ({pid, backendStart, queryStart}));
		const {sent, missed} = partition(statements, await port.cancel(identities, record, {signal}));
		const [first] = statements;
		if (first === undefined || sent.length === 0) {
			throw new AdapterError(
				'conflict',
				first !== undefined && statements.length === 1
					? `pid ${first.pid} no longer runs that statement`
					: `none of the ${statements.length} sessions runs its statement any more`,
				'Nothing was sent. Look at the session again.',
			);
		}
		if (statements.length === 1) {
			return {
				summary: `cancelled the statement of pid ${first.pid}`,
				before: {query: first.query, queryStart: first.queryStart},
			};
		}
		const left = missed.length === 0 ? '' : `; no longer running: pid ${pidNames(missed)}`;
		return {
			summary: `cancelled the statements of ${sent.length} of ${statements.length} sessions${left}`,
			before: Object.fromEntries(sent.map(one => [receiptKey(one), `since ${one.queryStart}: ${one.query}`])),
		};
	},
	async verify({statements}, receipt, {port, signal}) {
		const sessions = await sessionsOf(statements, port, signal);
		const [first] = statements;
		if (first !== undefined && statements.length === 1) {
			const session = sessions.get(first.pid);
			if (session === undefined || session.backendStart !== first.backendStart) {
				return {result: 'done', detail: `pid ${first.pid} has ended`};
			}
			if (isSame(first, session))
				return {
					result: 'pending',
					detail: `pid ${first.pid} still runs it: it has not come to a point where it can stop`,
				};
			return {result: 'done', detail: `pid ${first.pid} is ${session.state ?? 'hidden'} now`};
		}
		const missed = statements.filter(one => !(receiptKey(one) in receipt.before));
		const still = statements.filter(one => {
			const session = sessions.get(one.pid);
			return !missed.includes(one) && session !== undefined && isSame(one, session);
		});
		const stopped = `${statements.length - missed.length - still.length} of ${statements.length} were cancelled`;
		const left = missed.length === 0 ? '' : `; pid ${pidNames(missed)} had gone on before`;
		if (still.length === 0) return {result: 'done', detail: `${stopped}${left}`};
		const detail = `${stopped}${left}; pid ${pidNames(still)} still runs: it has not come to a point where it can stop`;
		return {result: 'pending', detail};
	},
	settleMs: 10_000,
	undo: {impossible: 'A cancelled statement is gone with its work: its client has to run it again.'},
});

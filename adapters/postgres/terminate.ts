import type {Check} from '../../src/contract.ts';
import {defineAction} from '../../src/define.ts';
import {AdapterError} from '../../src/errors.ts';
import {isIdleInTransaction, type PostgresSessionRow, sessionKind} from '../../src/model/postgres-session.ts';
import type {PostgresPort, SessionIdentity, SessionRecord} from '../../src/port/postgres.ts';
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
import {actOnSeveralSql, actSql, terminateGuard} from './sql.ts';

/** JSON knows no undefined: a session that is not in an idle transaction is bound to null. */
type Ending = {
	readonly pid: number;
	readonly backendStart: string;
	readonly idleTransactionStart: string | null;
	readonly query: string;
};

/** The sessions that are ended together. */
export type TerminatePlan = {readonly sessions: readonly Ending[]};

const identityOf = (plan: Ending): SessionIdentity => ({
	pid: plan.pid,
	backendStart: plan.backendStart,
	idleTransactionStart: plan.idleTransactionStart ?? undefined,
});

function sameSession(plan: Ending, session: SessionRecord | undefined): Check {
	const label = 'the session';
	const moved = (detail: string): Check => ({label, result: 'block', detail, moved: true});
	if (session === undefined) return moved(`pid ${plan.pid} has ended`);
	if (session.backendStart !== plan.backendStart) return moved(`pid ${plan.pid} is another session now`);
	if (plan.idleTransactionStart === null)
		return {label, result: 'pass', detail: `the same, since ${plan.backendStart}`};
	if (session.transactionStart !== plan.idleTransactionStart)
		return moved(`pid ${plan.pid} has ended that transaction`);
	if (!isIdleInTransaction(session))
		return moved(`pid ${plan.pid} is no longer idle: it is ${session.state ?? 'hidden'}`);
	return {label, result: 'pass', detail: `idle in the same transaction since ${plan.idleTransactionStart}`};
}

function endingOf({session}: Selected): Ending {
	const {pid, backendStart} = session;
	if (backendStart === undefined) throw gone(pid);
	const idleSince = isIdleInTransaction(session) ? session.transactionStart : undefined;
	const query = cleanLine(session.query ?? '').slice(0, 200);
	return {pid, backendStart, idleTransactionStart: idleSince ?? null, query};
}

function boundTo(sessions: readonly Ending[]): string {
	const [first] = sessions;
	if (first === undefined || sessions.length > 1)
		return `pid ${pidNames(sessions)}: each by the start of its backend, idle ones by that of their transaction too`;
	const {pid, backendStart, idleTransactionStart: idle} = first;
	return `pid ${pid}, backend started ${backendStart}${idle === null ? '' : `, idle in the transaction of ${idle}`}`;
}

function impactOf(selected: readonly Selected[]): string {
	const open = selected.flatMap(({session}) => session.transactionSeconds ?? []);
	const longest = duration(Math.max(0, ...open));
	if (selected.length > 1) {
		const rolledBack = open.length === 1 ? '1 transaction is' : `${open.length} transactions are`;
		const transactions =
			open.length === 0 ? 'None has a transaction open.' : `${rolledBack} rolled back, the longest of ${longest}.`;
		const clients = 'The clients get an error and may connect again.';
		return `${selected.length} connections are closed. ${transactions} ${clients}${waitersOf(selected)}`;
	}
	const transaction =
		open.length === 0 ? 'It has no transaction open.' : `Its transaction of ${longest} is rolled back.`;
	const client = 'The client gets an error and may connect again.';
	return `The connection is closed. ${transaction} ${client}${waitersOf(selected)}`;
}

function byHand(sessions: readonly Ending[]): string {
	const [first] = sessions;
	if (first !== undefined && sessions.length === 1) {
		const {pid, backendStart, idleTransactionStart} = first;
		const started = idleTransactionStart === null ? undefined : sqlLiteral(idleTransactionStart).trim();
		return actSql('pg_terminate_backend', terminateGuard(String(pid), sqlLiteral(backendStart).trim(), started));
	}
	return actOnSeveralSql(
		'pg_terminate_backend',
		sqlArray(sessions.map(({pid}) => pid)),
		sqlArray(sessions.map(({backendStart}) => backendStart)),
		sqlArray(sessions.map(({idleTransactionStart}) => idleTransactionStart)),
	);
}

export const terminate = defineAction<PostgresSessionRow, PostgresPort>()<TerminatePlan>({
	id: 'postgres.terminate',
	title: 'Terminate session',
	key: 'T',
	kind: sessionKind,
	selects: 'many',
	params: [],
	shows: [
		{fact: 'pid', bound: 'the pid and backend_start, in the statement that signals'},
		{fact: 'user', bound: 'backend_start: a session keeps the user that it logged in as'},
		{fact: 'database', bound: 'backend_start: a session keeps its database'},
		{fact: 'state', notBound: 'only a session that is idle in a transaction is bound to its state'},
		{fact: 'the text of its statement', notBound: 'the session is ended, whatever it runs'},
		{
			fact: 'how long its transaction has been open',
			notBound: 'only a session that is idle in a transaction is bound to xact_start',
		},
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
	disabled: rows => reachableAll(rows),
	async preview(rows, _params, {port, target, signal}) {
		const selected = await selectedSessions(rows, port, signal);
		const sessions = selected.map(endingOf);
		const reason = vainFor(selected, ({row}) => onlyWaits(row));
		return {
			plan: {sessions},
			target: target.name,
			object: objectOf(sessions),
			locks: sessions.map(receiptKey),
			count: selected.length,
			touches: selected.map(({session}, index) => touchOf(session, sessions[index]?.query ?? '')),
			equivalent: psqlLine(target, byHand(sessions)),
			impact: impactOf(selected),
			bound: boundTo(sessions),
			changes: [],
			risk: 'medium',
			undo: {class: 'none', text: 'what the transaction did is rolled back; its client has to do it again'},
			...(reason === undefined ? {} : {unhelpful: reason}),
		};
	},
	async preflight({sessions: plans}, {port, signal}) {
		const sessions = await sessionsOf(plans, port, signal);
		const server = await port.server({signal});
		return checksOfAll(
			plans.map(plan => {
				const session = sessions.get(plan.pid);
				const same = sameSession(plan, session);
				const checks = session === undefined || same.moved ? [same] : [same, signalCheck(session, server)];
				return {pid: plan.pid, checks};
			}),
		);
	},
	async run({sessions}, {port, signal, record}) {
		const {sent, missed} = partition(sessions, await port.terminate(sessions.map(identityOf), record, {signal}));
		const [first] = sessions;
		if (first === undefined || sent.length === 0) {
			throw new AdapterError(
				'conflict',
				first !== undefined && sessions.length === 1
					? `pid ${first.pid} is no longer that session`
					: `none of the ${sessions.length} sessions is the same any more`,
				'Nothing was sent. Look at the session again.',
			);
		}
		if (sessions.length === 1) {
			const {pid, backendStart, query} = first;
			return {summary: `terminated pid ${pid}`, before: {backendStart, query}};
		}
		const left = missed.length === 0 ? '' : `; gone or moved by then: pid ${pidNames(missed)}`;
		return {
			summary: `terminated ${sent.length} of ${sessions.length} sessions${left}`,
			before: Object.fromEntries(sent.map(one => [receiptKey(one), `since ${one.backendStart}: ${one.query}`])),
		};
	},
	async verify({sessions: plans}, receipt, {port, signal}) {
		const sessions = await sessionsOf(plans, port, signal);
		const isThere = (plan: Ending) => sessions.get(plan.pid)?.backendStart === plan.backendStart;
		const [first] = plans;
		if (first !== undefined && plans.length === 1) {
			if (!isThere(first)) return {result: 'done', detail: `pid ${first.pid} has ended`};
			const detail = `pid ${first.pid} is still there: it is rolling back, or has not come to a point where it can stop`;
			return {result: 'pending', detail};
		}
		const missed = plans.filter(one => !(receiptKey(one) in receipt.before));
		const still = plans.filter(one => !missed.includes(one) && isThere(one));
		const ended = `${plans.length - missed.length - still.length} of ${plans.length} have ended by it`;
		const left = missed.length === 0 ? '' : `; pid ${pidNames(missed)} had gone or moved before and was sent nothing`;
		if (still.length === 0) return {result: 'done', detail: `${ended}${left}`};
		const where = 'still there: rolling back, or not come to a point where it can stop';
		return {result: 'pending', detail: `${ended}${left}; pid ${pidNames(still)} is ${where}`};
	},
	settleMs: 15_000,
	undo: {
		impossible:
			'An ended session cannot be brought back, and what its transaction did is rolled back: its client has to do it again.',
	},
});

import type {Check} from '../../src/contract.ts';
import {defineAction} from '../../src/define.ts';
import {type PostgresSessionRow, sessionKind} from '../../src/model/postgres-session.ts';
import type {PostgresPort, SessionRecord} from '../../src/port/postgres.ts';
import {duration} from '../../src/text/figures.ts';
import {psqlLine} from './by-hand.ts';
import {
	checksOf,
	checksOfAll,
	objectOf,
	onlyWaits,
	pidNames,
	reachableAll,
	receiptKey,
	rowsLeft,
	type Selected,
	selectedSessions,
	sessionsOf,
	touchOf,
	vainFor,
	waitersOf,
} from './session-checks.ts';
import {
	boundTo,
	hitFields,
	hitsBefore,
	hitText,
	identityOf,
	movedOn,
	partition,
	refusedByGuard,
	type ShownSession,
	sessionFacts,
	shownSession,
	signalByHand,
} from './session-identity.ts';

/** The sessions that are ended together. */
export type TerminatePlan = {readonly sessions: readonly ShownSession[]};

function sameSession(plan: ShownSession, session: SessionRecord | undefined): Check {
	const label = 'the session';
	const moved = movedOn(plan, session);
	if (moved !== undefined) return {label, result: 'block', detail: moved, moved: true};
	const since = plan.queryStart === null ? plan.backendStart : plan.queryStart;
	return {label, result: 'pass', detail: `${plan.state ?? 'there'} in the same statement, since ${since}`};
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

export const terminate = defineAction<PostgresSessionRow, PostgresPort>()<TerminatePlan>({
	id: 'postgres.terminate',
	title: 'Terminate session',
	key: 'T',
	kind: sessionKind,
	selects: 'many',
	params: [],
	shows: sessionFacts,
	disabled: rows => reachableAll(rows),
	async preview(rows, _params, {port, target, signal}) {
		const selected = await selectedSessions(rows, port, signal);
		const sessions = selected.map(({session}) => shownSession(session));
		const reason = vainFor(selected, ({row}) => onlyWaits(row));
		return {
			plan: {sessions},
			target: target.name,
			object: objectOf(sessions),
			locks: sessions.map(receiptKey),
			count: selected.length,
			touches: selected.map(({session}, index) => touchOf(session, sessions[index]?.query ?? '')),
			equivalent: psqlLine(target, signalByHand('pg_terminate_backend', sessions)),
			impact: impactOf(selected),
			bound: boundTo(sessions),
			changes: [],
			risk: 'medium',
			undo: {
				class: 'none',
				text: 'none: a session that ended does not come back; its client has to do its transaction again',
			},
			...(reason === undefined ? {} : {unhelpful: reason}),
		};
	},
	async preflight({sessions: plans}, {port, signal}) {
		const sessions = await sessionsOf(plans, port, signal);
		const server = await port.server({signal});
		return checksOfAll(
			plans.map(plan => ({
				pid: plan.pid,
				checks: checksOf(sameSession(plan, sessions.get(plan.pid)), sessions.get(plan.pid), server),
			})),
		);
	},
	left: (rows, plan, {port, signal}) =>
		rowsLeft(
			rows,
			(row, session) => {
				const shown = plan?.sessions.find(({pid}) => pid === row.pid);
				return shown === undefined || movedOn(shown, session) === undefined;
			},
			port,
			signal,
		),
	async run({sessions}, {port, signal, record}) {
		const {sent, missed} = partition(sessions, await port.terminate(sessions.map(identityOf), record, {signal}));
		const [first] = sent;
		if (first === undefined) throw await refusedByGuard(sessions, port, signal);
		if (sessions.length === 1) {
			const {pid, backendStart} = first.shown;
			return {
				summary: `terminated pid ${pid}: ${hitText(first.at)}`,
				before: {backendStart, ...hitFields(first.at)},
			};
		}
		const left = missed.length === 0 ? '' : `; gone or moved by then: pid ${pidNames(missed)}`;
		return {
			summary: `terminated ${sent.length} of ${sessions.length} sessions${left}`,
			before: hitsBefore(sent),
		};
	},
	async verify({sessions: plans}, receipt, {port, signal}) {
		const sessions = await sessionsOf(plans, port, signal);
		const isThere = (plan: ShownSession) => sessions.get(plan.pid)?.backendStart === plan.backendStart;
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

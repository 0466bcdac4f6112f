import type {Check} from '../../src/contract.ts';
import {defineAction} from '../../src/define.ts';
import {isIdleInTransaction, type PostgresSessionRow, sessionKind} from '../../src/model/postgres-session.ts';
import type {PostgresPort, SessionRecord} from '../../src/port/postgres.ts';
import {duration} from '../../src/text/figures.ts';
import {psqlLine} from './by-hand.ts';
import {
	checksOf,
	checksOfAll,
	objectOf,
	onlyWaits,
	pidNames,
	type Reason,
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

/** The statements that are cancelled together, each of another session. */
export type CancelPlan = {readonly statements: readonly ShownSession[]};

function sameStatement(plan: ShownSession, session: SessionRecord | undefined): Check {
	const label = 'the statement';
	const moved = movedOn(plan, session);
	if (moved !== undefined) return {label, result: 'block', detail: moved, moved: true};
	if (plan.state === 'active') return {label, result: 'pass', detail: `the same, since ${plan.queryStart}`};
	return {label, result: 'block', detail: `pid ${plan.pid} is ${plan.state}: there is nothing to cancel`};
}

/** Whether the statement that was cancelled runs on. Its state may change meanwhile, its start does not. */
const isRunning = (plan: ShownSession, session: SessionRecord): boolean =>
	session.backendStart === plan.backendStart &&
	(session.queryStart ?? null) === plan.queryStart &&
	session.state === 'active';

function unhelpful({row, session}: Selected): Reason | undefined {
	if (isIdleInTransaction(session)) {
		return {reason: 'it runs nothing: a cancel does not end an idle transaction', instead: 'postgres.terminate'};
	}
	return onlyWaits(row);
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
	shows: sessionFacts,
	disabled: rows =>
		reachableAll(rows, row => (row.state === 'active' || isIdleInTransaction(row) ? undefined : 'it runs nothing')),
	async preview(rows, _params, {port, target, signal}) {
		const selected = await selectedSessions(rows, port, signal);
		const statements = selected.map(({session}) => shownSession(session));
		const reason = vainFor(selected, unhelpful);
		return {
			plan: {statements},
			target: target.name,
			object: objectOf(statements),
			locks: statements.map(receiptKey),
			count: selected.length,
			touches: selected.map(({session}, index) => touchOf(session, statements[index]?.query ?? '')),
			equivalent: psqlLine(target, signalByHand('pg_cancel_backend', statements)),
			impact: impactOf(selected),
			bound: boundTo(statements),
			changes: [],
			risk: 'low',
			undo: {class: 'none', text: 'none: the work of the statement is lost; its client has to run it again'},
			...(reason === undefined ? {} : {unhelpful: reason}),
		};
	},
	async preflight({statements}, {port, signal}) {
		const sessions = await sessionsOf(statements, port, signal);
		const server = await port.server({signal});
		return checksOfAll(
			statements.map(plan => ({
				pid: plan.pid,
				checks: checksOf(sameStatement(plan, sessions.get(plan.pid)), sessions.get(plan.pid), server),
			})),
		);
	},
	left: (rows, plan, {port, signal}) =>
		rowsLeft(
			rows,
			(row, session) => {
				const shown = plan?.statements.find(({pid}) => pid === row.pid);
				return shown === undefined || movedOn(shown, session) === undefined;
			},
			port,
			signal,
		),
	async run({statements}, {port, signal, record}) {
		const {sent, missed} = partition(statements, await port.cancel(statements.map(identityOf), record, {signal}));
		const [first] = sent;
		if (first === undefined) throw await refusedByGuard(statements, port, signal);
		if (statements.length === 1) {
			const {pid, backendStart} = first.shown;
			return {
				summary: `cancelled the statement of pid ${pid}: ${hitText(first.at)}`,
				before: {backendStart, ...hitFields(first.at)},
			};
		}
		const left = missed.length === 0 ? '' : `; no longer running: pid ${pidNames(missed)}`;
		return {
			summary: `cancelled the statements of ${sent.length} of ${statements.length} sessions${left}`,
			before: hitsBefore(sent),
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
			if (isRunning(first, session))
				return {
					result: 'pending',
					detail: `pid ${first.pid} still runs it: it has not come to a point where it can stop`,
				};
			return {result: 'done', detail: `pid ${first.pid} is ${session.state ?? 'hidden'} now`};
		}
		const missed = statements.filter(one => !(receiptKey(one) in receipt.before));
		const still = statements.filter(one => {
			const session = sessions.get(one.pid);
			return !missed.includes(one) && session !== undefined && isRunning(one, session);
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

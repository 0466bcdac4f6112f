import type {Check} from '../../src/contract/action.ts';
import {defineAction} from '../../src/contract/define.ts';
import {isIdleInTransaction, type PostgresSessionRow} from '../../src/model/postgres/postgres-session.ts';
import type {PostgresPort, PostgresSettings, SessionRecord} from '../../src/port/postgres.ts';
import {formatDuration} from '../../src/text/format.ts';
import {
	describeWaiters,
	type FutileReason,
	onlyWaitsReason,
	pidList,
	readSelectedSessions,
	readSessionsByPid,
	type SelectedSession,
	unsignallableReasonOfAny,
} from './session-checks.ts';
import {describeSessionConflict, type ShownSession} from './session-identity.ts';
import {
	previewSignal,
	type SignalPlan,
	sendSignal,
	sessionActionParts,
	signalProgress,
	signalReceipt,
} from './signal-plan.ts';

function statementUnchangedCheck(plan: ShownSession, session: SessionRecord | undefined): Check {
	const label = 'the statement';
	const conflict = describeSessionConflict(plan, session);
	if (conflict !== undefined) return {label, result: 'block', detail: conflict, conflict: true};
	if (plan.state === 'active') return {label, result: 'pass', detail: `the same, since ${plan.queryStart}`};
	return {label, result: 'block', detail: `pid ${plan.pid} is ${plan.state}: there is nothing to cancel`};
}

/** Whether the cancelled statement still runs. Its state may change, its start does not. */
const isRunning = (plan: ShownSession, session: SessionRecord | undefined): boolean =>
	session?.backendStart === plan.backendStart &&
	(session.queryStart ?? null) === plan.queryStart &&
	session.state === 'active';

function futileReason({row, session}: SelectedSession): FutileReason | undefined {
	if (isIdleInTransaction(session)) {
		return {reason: 'it runs nothing: cancelling does not end an idle transaction', instead: 'postgres.terminate'};
	}
	return onlyWaitsReason(row);
}

function cancelImpact(selected: readonly SelectedSession[]): string {
	const longest = formatDuration(Math.max(...selected.map(({session}) => session.querySeconds ?? 0)));
	if (selected.length > 1) {
		const fails = `${selected.length} statements fail with an error; the longest has run for ${longest}.`;
		return `${fails} Their sessions stay.${describeWaiters(selected)}`;
	}
	const blocks = selected[0]?.row.blocks ?? 0;
	const ran = formatDuration(selected[0]?.session.querySeconds);
	const waiting = blocks === 0 ? '' : ` ${blocks} wait for it.`;
	return `The statement that has run for ${ran} fails with an error; its session stays.${waiting}`;
}

export const cancelStatement = defineAction<PostgresSessionRow, PostgresPort, PostgresSettings>()<SignalPlan>({
	...sessionActionParts(statementUnchangedCheck),
	id: 'postgres.cancel',
	title: 'Cancel statement',
	key: 'C',
	disabled: rows =>
		unsignallableReasonOfAny(rows, row =>
			row.state === 'active' || isIdleInTransaction(row) ? undefined : 'it runs nothing',
		),
	async preview(rows, _params, {port, target, signal}) {
		const selected = await readSelectedSessions(rows, port, signal);
		return {
			...previewSignal(selected, target, 'pg_cancel_backend', futileReason),
			impact: cancelImpact(selected),
			risk: 'low',
			undo: {class: 'none', text: 'none: the work of the statement is lost; its client has to run it again'},
		};
	},
	async run(plan, context) {
		const {sessions} = plan;
		const {port, record} = context;
		const results = await sendSignal(plan, context, identities => port.cancel(identities, record, context));
		return signalReceipt(results, {
			one: 'cancelled the statement of pid',
			several: `cancelled the statements of ${results.sent.length} of ${sessions.length} sessions`,
			missed: 'no longer running',
		});
	},
	async verify({sessions: shown}, receipt, {port, signal}) {
		const now = await readSessionsByPid(shown, port, signal);
		const [first] = shown;
		if (first !== undefined && shown.length === 1) {
			const session = now.get(first.pid);
			if (session === undefined || session.backendStart !== first.backendStart) {
				return {result: 'done', detail: `pid ${first.pid} has ended`};
			}
			if (isRunning(first, session))
				return {
					result: 'pending',
					detail: `pid ${first.pid} still runs it: it has not reached a point where it can stop`,
				};
			return {result: 'done', detail: `pid ${first.pid} is ${session.state ?? 'hidden'} now`};
		}
		const {missed, still, done} = signalProgress(shown, receipt, one => isRunning(one, now.get(one.pid)));
		const missedText = missed.length === 0 ? '' : `; pid ${pidList(missed)} had changed before`;
		const stopped = `${done} of ${shown.length} were cancelled${missedText}`;
		if (still.length === 0) return {result: 'done', detail: stopped};
		const detail = `${stopped}; pid ${pidList(still)} still runs: it has not reached a point where it can stop`;
		return {result: 'pending', detail};
	},
	settleMs: 10_000,
	undo: {impossible: 'The work of a cancelled statement is lost: its client has to run it again.'},
});

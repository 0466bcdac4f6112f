import type {Check} from '../../src/contract/action.ts';
import {defineAction} from '../../src/contract/define.ts';
import type {PostgresSessionRow} from '../../src/model/postgres/postgres-session.ts';
import type {PostgresPort, PostgresSettings, SessionRecord} from '../../src/port/postgres.ts';
import {formatDuration} from '../../src/text/format.ts';
import {
	describeWaiters,
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

function sessionUnchangedCheck(plan: ShownSession, session: SessionRecord | undefined): Check {
	const label = 'the session';
	const conflict = describeSessionConflict(plan, session);
	if (conflict !== undefined) return {label, result: 'block', detail: conflict, conflict: true};
	const since = plan.queryStart === null ? plan.backendStart : plan.queryStart;
	return {label, result: 'pass', detail: `${plan.state ?? 'there'} in the same statement, since ${since}`};
}

function terminateImpact(selected: readonly SelectedSession[]): string {
	const open = selected.flatMap(({session}) => session.transactionSeconds ?? []);
	const longest = formatDuration(Math.max(0, ...open));
	if (selected.length > 1) {
		const rolledBack = open.length === 1 ? '1 transaction is' : `${open.length} transactions are`;
		const transactions =
			open.length === 0 ? 'None has a transaction open.' : `${rolledBack} rolled back, the longest of ${longest}.`;
		const clients = 'The clients get an error and may connect again.';
		return `${selected.length} connections are closed. ${transactions} ${clients}${describeWaiters(selected)}`;
	}
	const transaction =
		open.length === 0 ? 'It has no transaction open.' : `Its transaction of ${longest} is rolled back.`;
	const client = 'The client gets an error and may connect again.';
	return `The connection is closed. ${transaction} ${client}${describeWaiters(selected)}`;
}

export const terminateSession = defineAction<PostgresSessionRow, PostgresPort, PostgresSettings>()<SignalPlan>({
	...sessionActionParts(sessionUnchangedCheck),
	id: 'postgres.terminate',
	title: 'Terminate session',
	key: 'T',
	disabled: rows => unsignallableReasonOfAny(rows),
	async preview(rows, _params, {port, target, signal}) {
		const selected = await readSelectedSessions(rows, port, signal);
		return {
			...previewSignal(selected, target, 'pg_terminate_backend', ({row}) => onlyWaitsReason(row)),
			impact: terminateImpact(selected),
			risk: 'medium',
			undo: {
				class: 'none',
				text: 'none: a session that has ended does not come back; its client has to repeat the transaction',
			},
		};
	},
	async run(plan, context) {
		const {sessions} = plan;
		const {port, record} = context;
		const results = await sendSignal(plan, context, identities => port.terminate(identities, record, context));
		return signalReceipt(results, {
			one: 'terminated pid',
			several: `terminated ${results.sent.length} of ${sessions.length} sessions`,
			missed: 'ended or changed before',
		});
	},
	async verify({sessions: shown}, receipt, {port, signal}) {
		const now = await readSessionsByPid(shown, port, signal);
		const isThere = (one: ShownSession) => now.get(one.pid)?.backendStart === one.backendStart;
		const [first] = shown;
		if (first !== undefined && shown.length === 1) {
			if (!isThere(first)) return {result: 'done', detail: `pid ${first.pid} has ended`};
			const detail = `pid ${first.pid} is still there: it is rolling back, or has not reached a point where it can stop`;
			return {result: 'pending', detail};
		}
		const {missed, still, done} = signalProgress(shown, receipt, isThere);
		const missedText =
			missed.length === 0 ? '' : `; pid ${pidList(missed)} had ended or changed before and was sent nothing`;
		const ended = `${done} of ${shown.length} have ended${missedText}`;
		if (still.length === 0) return {result: 'done', detail: ended};
		const where = 'still there: rolling back, or not yet at a point where it can stop';
		return {result: 'pending', detail: `${ended}; pid ${pidList(still)} is ${where}`};
	},
	settleMs: 15_000,
	undo: {
		impossible:
			'An ended session cannot be brought back, and its transaction is rolled back: its client has to repeat it.',
	},
});

import type {Action, Check, Preview, Receipt} from '../../src/contract/action.ts';
import type {Target} from '../../src/contract/target.ts';
import {type PostgresSessionRow, sessionKind} from '../../src/model/postgres/postgres-session.ts';
import type {
	PostgresPort,
	PostgresSettings,
	SessionIdentity,
	SessionRecord,
	SignalResults,
} from '../../src/port/postgres.ts';
import {psqlCommand} from './cli-equivalent.ts';
import {
	describeTouchedSession,
	type FutileReason,
	futileReasonForAll,
	mergeSessionChecks,
	nameSessions,
	pidList,
	readSessionsByPid,
	receiptKey,
	type SelectedSession,
	sessionChecks,
} from './session-checks.ts';
import {
	describeSessionBinding,
	describeSessionConflict,
	describeSignalled,
	readGuardConflict,
	type ShownSession,
	type SignalSplit,
	sessionShownFacts,
	signalledByReceiptKey,
	signalledFields,
	signalStatement,
	splitBySignalResult,
	toSessionIdentity,
	toShownSession,
} from './session-identity.ts';
import type {SignalFunction} from './sql.ts';

/* The common parts of the actions cancel and terminate: each signals sessions, all by one statement. */

/** The sessions that are signalled together. */
export type SignalPlan = {readonly sessions: readonly ShownSession[]};

type SignalAction = Action<PostgresSessionRow, PostgresPort, SignalPlan>;

/** Checks that a session is as it was shown, and that the signal has an effect. */
type SessionUnchangedCheck = (shown: ShownSession, now: SessionRecord | undefined) => Check;

/** The members that both actions share. */
export const sessionActionParts = (
	same: SessionUnchangedCheck,
): Pick<SignalAction, 'kind' | 'selects' | 'params' | 'shownFacts' | 'preflight' | 'unchangedRows'> => ({
	kind: sessionKind,
	selects: 'many',
	params: [],
	shownFacts: sessionShownFacts,
	async preflight({sessions: shown}, {port, signal}) {
		const now = await readSessionsByPid(shown, port, signal);
		const server = await port.server({signal});
		return mergeSessionChecks(
			shown.map(one => {
				const session = now.get(one.pid);
				return {pid: one.pid, checks: sessionChecks(same(one, session), session, server)};
			}),
		);
	},
	async unchangedRows(rows, plan, {port, signal}) {
		const now = await readSessionsByPid(rows, port, signal);
		return rows.filter(row => {
			const session = now.get(row.pid);
			if (session === undefined || session.backendStart !== row.backendStart) return false;
			const shown = plan?.sessions.find(({pid}) => pid === row.pid);
			return shown === undefined || describeSessionConflict(shown, session) === undefined;
		});
	},
});

/** The parts of the preview that both actions share. `futileReason`: why the signal does not help one session. */
export function previewSignal(
	selected: readonly SelectedSession[],
	target: Target<PostgresSettings>,
	signalFunction: SignalFunction,
	futileReason: (one: SelectedSession) => FutileReason | undefined,
): Omit<Preview<SignalPlan>, 'impact' | 'risk' | 'undo'> {
	const sessions = selected.map(({session}) => toShownSession(session));
	const reason = futileReasonForAll(selected, futileReason);
	return {
		plan: {sessions},
		target: target.name,
		object: nameSessions(sessions),
		lockNames: sessions.map(receiptKey),
		count: sessions.length,
		touches: selected.map(({session}, index) => describeTouchedSession(session, sessions[index]?.query ?? '')),
		cliEquivalent: psqlCommand(target, signalStatement(signalFunction, sessions)),
		checkedIdentity: describeSessionBinding(sessions),
		changes: [],
		...(reason === undefined ? {} : {unhelpful: reason}),
	};
}

/** Sends a signal to the sessions. @throws AdapterError `conflict` when none is as it was shown; nothing was sent. */
export async function sendSignal(
	{sessions}: SignalPlan,
	{port, signal}: {readonly port: PostgresPort; readonly signal: AbortSignal},
	send: (identities: readonly SessionIdentity[]) => Promise<SignalResults>,
): Promise<SignalSplit> {
	const split = splitBySignalResult(sessions, await send(sessions.map(toSessionIdentity)));
	if (split.sent.length === 0) throw await readGuardConflict(sessions, port, signal);
	return split;
}

/** The receipt of a signal that was sent to one session at least. `several`: the summary for more than one. */
export function signalReceipt(
	{sent, missed}: SignalSplit,
	words: {readonly one: string; readonly several: string; readonly missed: string},
): Receipt {
	const [first] = sent;
	if (first !== undefined && sent.length + missed.length === 1) {
		const before = {backendStart: first.shown.backendStart, ...signalledFields(first.at)};
		return {summary: `${words.one} ${first.shown.pid}: ${describeSignalled(first.at)}`, before};
	}
	const missedText = missed.length === 0 ? '' : `; ${words.missed}: pid ${pidList(missed)}`;
	return {summary: `${words.several}${missedText}`, before: signalledByReceiptKey(sent)};
}

/** Splits signalled sessions: `missed` were sent nothing, `still` show no effect yet, `done` is the number of the others. */
export function signalProgress(
	shown: readonly ShownSession[],
	receipt: Receipt,
	isThere: (one: ShownSession) => boolean,
): {readonly missed: readonly ShownSession[]; readonly still: readonly ShownSession[]; readonly done: number} {
	const missed = shown.filter(one => !(receiptKey(one) in receipt.before));
	const still = shown.filter(one => !missed.includes(one) && isThere(one));
	return {missed, still, done: shown.length - missed.length - still.length};
}

import type {Action, Check, Preview, Receipt} from '../../src/contract/action.ts';
import {type PostgresSessionRow, sessionKind} from '../../src/model/postgres/postgres-session.ts';
import type {PostgresPort, SessionRecord} from '../../src/port/postgres.ts';
import {
	checksOf,
	checksOfAll,
	objectOf,
	pidNames,
	receiptKey,
	type Selected,
	sessionsOf,
	touchOf,
} from './session-checks.ts';
import {
	boundTo,
	hitFields,
	hitsBefore,
	hitText,
	movedOn,
	type Partition,
	type ShownSession,
	sessionFacts,
	shownSession,
} from './session-identity.ts';

/* What a cancel and a terminate have in common: each signals sessions, all by one statement. */

/** The sessions that are signalled together. */
export type SignalPlan = {readonly sessions: readonly ShownSession[]};

type SignalAction = Action<PostgresSessionRow, PostgresPort, SignalPlan>;

/** The check that a session is as it was shown, and that the signal has something to do there. */
type SameCheck = (shown: ShownSession, now: SessionRecord | undefined) => Check;

/** The members that both actions declare alike. */
export const onSessions = (
	same: SameCheck,
): Pick<SignalAction, 'kind' | 'selects' | 'params' | 'shows' | 'preflight' | 'left'> => ({
	kind: sessionKind,
	selects: 'many',
	params: [],
	shows: sessionFacts,
	async preflight({sessions: shown}, {port, signal}) {
		const now = await sessionsOf(shown, port, signal);
		const server = await port.server({signal});
		return checksOfAll(
			shown.map(one => {
				const session = now.get(one.pid);
				return {pid: one.pid, checks: checksOf(same(one, session), session, server)};
			}),
		);
	},
	async left(rows, plan, {port, signal}) {
		const now = await sessionsOf(rows, port, signal);
		return rows.filter(row => {
			const session = now.get(row.pid);
			if (session === undefined || session.backendStart !== row.backendStart) return false;
			const shown = plan?.sessions.find(({pid}) => pid === row.pid);
			return shown === undefined || movedOn(shown, session) === undefined;
		});
	},
});

/** What the previews of both say alike. */
export function previewSignal(
	selected: readonly Selected[],
): Pick<Preview<SignalPlan>, 'plan' | 'object' | 'locks' | 'count' | 'touches' | 'bound' | 'changes'> {
	const sessions = selected.map(({session}) => shownSession(session));
	return {
		plan: {sessions},
		object: objectOf(sessions),
		locks: sessions.map(receiptKey),
		count: sessions.length,
		touches: selected.map(({session}, index) => touchOf(session, sessions[index]?.query ?? '')),
		bound: boundTo(sessions),
		changes: [],
	};
}

/** The receipt of a signal that was sent to one session at least. `several`: what was done to how many of how many. */
export function signalReceipt(
	{sent, missed}: Partition,
	words: {readonly one: string; readonly several: string; readonly missed: string},
): Receipt {
	const [first] = sent;
	if (first !== undefined && sent.length + missed.length === 1) {
		const before = {backendStart: first.shown.backendStart, ...hitFields(first.at)};
		return {summary: `${words.one} ${first.shown.pid}: ${hitText(first.at)}`, before};
	}
	const left = missed.length === 0 ? '' : `; ${words.missed}: pid ${pidNames(missed)}`;
	return {summary: `${words.several}${left}`, before: hitsBefore(sent)};
}

/** Of several sessions: those that were sent nothing, those on which the signal has no effect yet, and how many are done with. */
export function progressOf(
	shown: readonly ShownSession[],
	receipt: Receipt,
	isThere: (one: ShownSession) => boolean,
): {readonly missed: readonly ShownSession[]; readonly still: readonly ShownSession[]; readonly done: number} {
	const missed = shown.filter(one => !(receiptKey(one) in receipt.before));
	const still = shown.filter(one => !missed.includes(one) && isThere(one));
	return {missed, still, done: shown.length - missed.length - still.length};
}

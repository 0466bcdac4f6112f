import type {ShownFact} from '../../src/contract/action.ts';
import {type AdapterError, conflictError} from '../../src/errors.ts';
import type {
	PostgresPort,
	SessionIdentity,
	SessionRecord,
	SignalledSession,
	SignalResults,
} from '../../src/port/postgres.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {formatDuration} from '../../src/text/format.ts';
import {sqlArray, sqlLiteral} from '../../src/text/quote.ts';
import {pidList, readSessionsByPid, receiptKey, sessionConflictError} from './session-checks.ts';
import {type SignalFunction, signalSeveralSql, signalSql} from './sql.ts';

/* What a cancel and a terminate are bound to: a session in one state, one statement and one transaction. */

/** A session as the confirmation shows it. */
export type ShownSession = SessionIdentity & {readonly query: string};

const shownLength = 200;

const shownQueryText = (query: string | undefined): string => cleanLine(query ?? '').slice(0, shownLength);

/** The session as a plan holds it. @throws AdapterError `conflict` when its start is not known. */
export function toShownSession(session: SessionRecord): ShownSession {
	const {pid, backendStart, transactionStart = null, queryStart = null, state = null, query} = session;
	if (backendStart === undefined) throw sessionConflictError(pid);
	return {pid, backendStart, transactionStart, queryStart, state, query: shownQueryText(query)};
}

export const toSessionIdentity = ({
	pid,
	backendStart,
	transactionStart,
	queryStart,
	state,
}: ShownSession): SessionIdentity => ({
	pid,
	backendStart,
	transactionStart,
	queryStart,
	state,
});

/** What a session does now: `select 1 (active for 2s)`, `idle in transaction for 6s, after select 1`. */
function describeActivity(session: SessionRecord): string {
	const {state = 'hidden', stateSeconds, querySeconds} = session;
	const query = shownQueryText(session.query);
	if (state === 'active') return `${query} (active for ${formatDuration(querySeconds)})`;
	return `${state} for ${formatDuration(stateSeconds)}${query === '' ? '' : `, after ${query}`}`;
}

/** Whether this is still the session that was shown. Compares what the guard of the signalling statement compares. */
export const isSameSession = (shown: SessionIdentity, now: SessionRecord): boolean =>
	now.backendStart === shown.backendStart &&
	(now.state ?? null) === shown.state &&
	(now.queryStart ?? null) === shown.queryStart &&
	(now.transactionStart ?? null) === shown.transactionStart;

/** How the session differs from what was shown; undefined when it is the same. */
export function describeSessionConflict(shown: ShownSession, now: SessionRecord | undefined): string | undefined {
	const {pid} = shown;
	if (now === undefined) return `pid ${pid} has ended`;
	if (now.backendStart !== shown.backendStart) return `pid ${pid} is another session now: ${describeActivity(now)}`;
	return isSameSession(shown, now) ? undefined : `pid ${pid} has changed: now ${describeActivity(now)}`;
}

/** The error after a guard refused, with the current state of the session where it can be read. Nothing was sent. */
export async function readGuardConflict(
	shown: readonly ShownSession[],
	port: PostgresPort,
	signal: AbortSignal,
): Promise<AdapterError> {
	const [first] = shown;
	if (first === undefined || shown.length > 1) {
		return conflictError(`none of the ${shown.length} sessions is as it was shown any more`);
	}
	// Nothing was sent: a failed read must not turn that into an unknown outcome.
	const sessions = await readSessionsByPid(shown, port, signal).catch(() => undefined);
	const now = sessions === undefined ? undefined : describeSessionConflict(first, sessions.get(first.pid));
	return conflictError(now ?? `pid ${first.pid} is not as it was shown any more`);
}

export function describeSessionBinding(sessions: readonly ShownSession[]): string {
	const [first] = sessions;
	if (first === undefined || sessions.length > 1) {
		return `pid ${pidList(sessions)}: each by its state and by the start of its backend, transaction and query`;
	}
	const {pid, backendStart, transactionStart, queryStart, state} = first;
	const transaction = transactionStart === null ? 'no transaction' : `transaction started ${transactionStart}`;
	const query = queryStart === null ? 'no query' : `query started ${queryStart}`;
	return `pid ${pid}, backend started ${backendStart}, ${state ?? 'no state'}, ${transaction}, ${query}`;
}

/** A comparison with a literal, in its shortest form. */
const comparison = (column: string, value: string | null): string =>
	value === null ? `${column} IS NULL` : `${column} = ${sqlLiteral(value).trim()}`;

/** The statement that signals these sessions, with literal values. */
export function signalStatement(act: SignalFunction, sessions: readonly ShownSession[]): string {
	const [first] = sessions;
	if (first !== undefined && sessions.length === 1) {
		const guard = [
			`a.pid = ${first.pid}`,
			comparison('a.backend_start', first.backendStart),
			comparison('a.xact_start', first.transactionStart),
			comparison('a.query_start', first.queryStart),
			comparison('a.state', first.state),
			...(act === 'pg_cancel_backend' && first.state !== 'active' ? [`a.state = 'active'`] : []),
		];
		return signalSql(act, guard.join(' AND '));
	}
	return signalSeveralSql(act, {
		pid: sqlArray(sessions.map(({pid}) => pid)),
		backendStart: sqlArray(sessions.map(({backendStart}) => backendStart)),
		transactionStart: sqlArray(sessions.map(({transactionStart}) => transactionStart)),
		queryStart: sqlArray(sessions.map(({queryStart}) => queryStart)),
		state: sqlArray(sessions.map(({state}) => state)),
	});
}

export type SignalSplit = {
	readonly sent: readonly {readonly shown: ShownSession; readonly at: SignalledSession}[];
	readonly missed: readonly ShownSession[];
};

/** Splits the sessions into those that were signalled, with what they did at that moment, and those that had changed or ended. */
export function splitBySignalResult(shown: readonly ShownSession[], results: SignalResults): SignalSplit {
	const found = shown.map(one => ({shown: one, result: results.get(one.pid)}));
	return {
		sent: found.flatMap(({shown: one, result}) => (result?.result === 'sent' ? [{shown: one, at: result.at}] : [])),
		missed: found.flatMap(({shown: one, result}) => (result?.result === 'sent' ? [] : [one])),
	};
}

/** The activity of a signalled session, as fields of a receipt. */
export const signalledFields = ({state, transactionStart, queryStart, query}: SignalledSession) => ({
	state: state ?? 'none',
	transactionStart: transactionStart ?? 'none',
	queryStart: queryStart ?? 'none',
	query: shownQueryText(query),
});

/** The activity of a signalled session in short: `active: select 1`. */
export const describeSignalled = ({state, query}: SignalledSession): string =>
	`${state ?? 'no state'}: ${shownQueryText(query).slice(0, 80)}`;

/** The activity of several signalled sessions, by their receipt keys. */
export const signalledByReceiptKey = (sent: SignalSplit['sent']): Readonly<Record<string, string>> =>
	Object.fromEntries(
		sent.map(({shown, at}) => {
			const {state, transactionStart, queryStart, query} = signalledFields(at);
			return [
				receiptKey(shown),
				`${state}, transaction since ${transactionStart}, query since ${queryStart}: ${query}`,
			];
		}),
	);

/** The facts of a session that both confirmations show. */
export const sessionShownFacts: readonly ShownFact[] = [
	{fact: 'pid', changeDetectedBy: 'the pid together with backend_start, in the statement that signals'},
	{fact: 'user and database', changeDetectedBy: 'backend_start: neither changes between login and end'},
	{fact: 'state', changeDetectedBy: 'state, in the statement that signals'},
	{
		fact: 'statement',
		changeDetectedBy: 'query_start, in the statement that signals: the next statement has another start',
	},
	{
		fact: 'transaction',
		changeDetectedBy: 'xact_start, in the statement that signals: the next transaction has another start',
	},
	{
		fact: 'how long its statement has run and its transaction has been open',
		changeAllowedBecause: 'both are counted from query_start and xact_start, which are bound, and only grow',
	},
	{
		fact: 'how many sessions wait for it',
		changeAllowedBecause: 'it is counted for the preview; sessions that wait later are unblocked too',
	},
	{
		fact: 'whether it only waits for another session',
		changeAllowedBecause: 'it is advice, read for the preview; the action affects only the selected session',
	},
	{
		fact: 'whether midwatch may signal it',
		changeDetectedBy: 'read again just before the signal is sent, and refused by the server',
	},
];

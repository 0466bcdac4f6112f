import type {Finding} from '../contract/finding.ts';
import {type Reading, staleAfterMs} from '../contract/reading.ts';
import type {Gauge, Snapshot} from '../contract/row.ts';
import type {Source} from '../contract/source.ts';
import {isAdapterError} from '../errors.ts';
import {
	afterFailure,
	afterSuccess,
	createPollBackoff,
	type PollBackoff,
	pollIntervalMs,
	successIntervalMs,
} from '../time/backoff.ts';
import {dateFindings, type FirstSeen, moveFirstSeen} from './first-seen.ts';
import {nextFailure, sourceUnreadableFinding, staleFinding, withReadTime} from './read-failure.ts';

const historyLength = 60;
/** A held-down refresh key starts reads no faster than this. */
const minRefreshMs = 500;

/** Everything that decides what a poller does next. `reducePoller` is the only place that changes it. */
export type PollerState = {
	readonly phase: 'idle' | 'running' | 'closed';
	/** Name of the source in findings. */
	readonly title: string;
	readonly reading: Reading;
	readonly backoff: PollBackoff;
	/** Number of the read in flight; undefined when there is none. The result of a read with another number is dropped. */
	readonly inFlight: number | undefined;
	readonly lastRead: number;
	/** Monotonic milliseconds at which the last read began. */
	readonly startedAt: number;
	/** Findings of the last good snapshot, without those about reading itself. */
	readonly findings: readonly Finding[];
	readonly firstSeen: FirstSeen;
};

/** A moment by both clocks: `now` in epoch milliseconds, `monotonic` for durations. */
export type Moment = {readonly now: number; readonly monotonic: number};

export type PollerEvent =
	| {
			readonly type: 'resumed' | 'paused' | 'refresh requested' | 'read due' | 'stale due' | 'closed';
			readonly at: Moment;
	  }
	| {
			readonly type: 'read succeeded';
			readonly read: number;
			readonly snapshot: Snapshot;
			/** What the source finds in it. */
			readonly findings: readonly Finding[];
			/** 0 <= n < 1 */
			readonly random: number;
			readonly at: Moment;
	  }
	| {
			readonly type: 'read failed';
			readonly read: number;
			readonly error: unknown;
			/** 0 <= n < 1 */
			readonly random: number;
			readonly at: Moment;
	  }
	| {readonly type: 'clock jumped'; readonly byMs: number};

/** What the poller has to do. A timer replaces the one before of the same name. */
export type PollerEffect =
	| {readonly do: 'start read'; readonly read: number}
	| {readonly do: 'abort read'}
	| {readonly do: 'set read timer' | 'set stale timer'; readonly ms: number}
	| {readonly do: 'cancel read timer' | 'cancel stale timer'}
	/** What a source remembers is dated by the clock as it was. */
	| {readonly do: 'open source again'};

export type PollerStep = {readonly state: PollerState; readonly effects: readonly PollerEffect[]};

export const emptyReading = (source: Source, target: string): Reading => ({
	target,
	kind: source.kind,
	state: source.cost === 'costly' ? 'paused' : 'connecting',
	snapshot: undefined,
	readAt: undefined,
	tookMs: undefined,
	failure: undefined,
	intervalMs: source.intervalMs,
	nextAt: undefined,
	findings: [],
	history: {},
});

export const initialPollerState = (source: Source, reading: Reading): PollerState => ({
	phase: 'idle',
	title: source.title,
	reading,
	backoff: createPollBackoff(source.intervalMs),
	inFlight: undefined,
	lastRead: 0,
	startedAt: Number.NEGATIVE_INFINITY,
	findings: [],
	firstSeen: new Map(),
});

const unchanged = (state: PollerState): PollerStep => ({state, effects: []});

/** Returns the next state of a poller and what to do about it. Pure. An event that does not fit the state changes nothing. */
export function reducePoller(state: PollerState, event: PollerEvent): PollerStep {
	switch (event.type) {
		case 'resumed':
			return state.phase === 'idle' ? resume(state, event.at) : unchanged(state);
		case 'paused':
			return state.phase === 'running' ? pause(state) : unchanged(state);
		case 'refresh requested': {
			if (state.phase !== 'running' || state.inFlight !== undefined) return unchanged(state);
			const ms = Math.max(0, state.startedAt + minRefreshMs - event.at.monotonic);
			return {state, effects: [{do: 'set read timer', ms}]};
		}
		case 'read due':
			return state.phase === 'running' && state.inFlight === undefined ? startRead(state, event.at) : unchanged(state);
		case 'stale due':
			return state.inFlight === undefined ? unchanged(state) : markStale(state, event.at);
		case 'read succeeded':
			return event.read === state.inFlight ? succeed(state, event) : unchanged(state);
		case 'read failed':
			return event.read === state.inFlight ? fail(state, event) : unchanged(state);
		case 'clock jumped':
			return moveClock(state, event.byMs);
		case 'closed':
			return state.phase === 'closed' ? unchanged(state) : stop({...state, phase: 'closed'});
	}
}

const withReading = (state: PollerState, part: Partial<Reading>): PollerState => ({
	...state,
	reading: {...state.reading, ...part, intervalMs: successIntervalMs(state.backoff)},
});

/** Epoch milliseconds at which a snapshot of `readAt` becomes stale. */
const staleFrom = (readAt: number, backoff: PollBackoff): number => readAt + staleAfterMs(successIntervalMs(backoff));

/** Findings of the last good snapshot, with the time they were read once that is two intervals ago. */
const rememberedFindings = ({findings, backoff}: PollerState, readAt: number | undefined, now: number) =>
	readAt !== undefined && now >= staleFrom(readAt, backoff) ? withReadTime(findings, readAt) : findings;

function resume(state: PollerState, {now}: Moment): PollerStep {
	const {readAt, snapshot} = state.reading;
	const intervalMs = pollIntervalMs(state.backoff);
	const rest = readAt === undefined ? 0 : readAt + intervalMs - now;
	const ms = Math.min(Math.max(0, rest), intervalMs);
	const part = {state: snapshot === undefined ? 'connecting' : 'live', nextAt: now + ms} as const;
	// A timer also for a read that is due now: no listener is called before the caller has continued.
	return {state: withReading({...state, phase: 'running'}, part), effects: [{do: 'set read timer', ms}]};
}

function pause(state: PollerState): PollerStep {
	const findings = withReadTime(state.findings, state.reading.readAt);
	return stop(
		withReading({...state, phase: 'idle'}, {state: 'paused', failure: undefined, nextAt: undefined, findings}),
	);
}

const stop = (state: PollerState): PollerStep => ({
	state: {...state, inFlight: undefined},
	effects: [{do: 'cancel read timer'}, {do: 'cancel stale timer'}, {do: 'abort read'}],
});

function startRead(state: PollerState, {now, monotonic}: Moment): PollerStep {
	const read = state.lastRead + 1;
	const {readAt, failure} = state.reading;
	return {
		state: {...state, lastRead: read, inFlight: read, startedAt: monotonic},
		effects: [
			// While a read is in flight what is shown grows old, unless the timeout of the read comes first.
			readAt === undefined || failure !== undefined
				? {do: 'cancel stale timer'}
				: {do: 'set stale timer', ms: Math.max(0, staleFrom(readAt, state.backoff) - now)},
			{do: 'start read', read},
		],
	};
}

function markStale(state: PollerState, {now}: Moment): PollerStep {
	const {reading, title, backoff} = state;
	if (reading.readAt === undefined) return unchanged(state);
	const finding = staleFinding(reading, title, reading.readAt, successIntervalMs(backoff));
	const findings = [...rememberedFindings(state, reading.readAt, now), finding];
	return {state: withReading(state, {findings}), effects: []};
}

function succeed(
	state: PollerState,
	{snapshot, findings: found, at, random}: Extract<PollerEvent, {type: 'read succeeded'}>,
): PollerStep {
	const {reading, startedAt} = state;
	// A finding that appeared while nothing was read may have begun at any moment of that time.
	const isContinuous =
		reading.state === 'live' && reading.readAt !== undefined && at.now < staleFrom(reading.readAt, state.backoff);
	const {findings, firstSeen} = dateFindings(found, state.firstSeen, at.now, isContinuous);
	const tookMs = at.monotonic - startedAt;
	return scheduleNext(
		{...state, findings, firstSeen, backoff: afterSuccess(state.backoff, tookMs)},
		at,
		tookMs,
		random,
		{
			state: 'live',
			snapshot,
			readAt: at.now,
			tookMs,
			failure: undefined,
			findings,
			history: appendHistory(reading.history, snapshot.gauges),
		},
	);
}

function fail(state: PollerState, {error, at, random}: Extract<PollerEvent, {type: 'read failed'}>): PollerStep {
	const {reading, title} = state;
	const failure = nextFailure(error, reading.failure, at.now);
	const readAt = earliestReadTime(reading.readAt, isAdapterError(error) ? error.asOf : undefined);
	const findings = [
		...rememberedFindings(state, readAt, at.now),
		sourceUnreadableFinding({...reading, readAt}, title, failure),
	];
	const backoff = afterFailure(state.backoff, at.monotonic, failure.kind === 'denied');
	const history = appendHistory(reading.history, []);
	return scheduleNext({...state, backoff}, at, 0, random, {state: 'failed', failure, readAt, findings, history});
}

/** Ends the read in flight. Jitter only shortens the interval, so that a server that recovers is seen within one interval. */
function scheduleNext(
	state: PollerState,
	at: Moment,
	tookMs: number,
	random: number,
	part: Partial<Reading>,
): PollerStep {
	const intervalMs = pollIntervalMs(state.backoff);
	const due = state.startedAt + intervalMs * (0.9 + 0.1 * random);
	// A slow server gets at least as much rest as the read took.
	const ms = Math.max(due - at.monotonic, intervalMs / 4, tookMs);
	return {
		state: withReading({...state, inFlight: undefined}, {...part, nextAt: at.now + ms}),
		effects: [{do: 'cancel stale timer'}, {do: 'set read timer', ms}],
	};
}

/** What was read keeps its age. */
function moveClock(state: PollerState, byMs: number): PollerStep {
	const {readAt, failure, nextAt} = state.reading;
	const moved = {...state, firstSeen: moveFirstSeen(state.firstSeen, byMs)};
	return {
		state: withReading(moved, {
			readAt: readAt === undefined ? undefined : readAt + byMs,
			failure: failure && {...failure, since: failure.since + byMs},
			nextAt: nextAt === undefined ? undefined : nextAt + byMs,
		}),
		effects: [{do: 'open source again'}],
	};
}

/** When the snapshot was true, if the server turned out to have been silent before `readAt`. */
const earliestReadTime = (readAt: number | undefined, silentAt: number | undefined): number | undefined =>
	readAt === undefined || silentAt === undefined ? readAt : Math.min(readAt, silentAt);

/** A gauge that was not read leaves a gap, so that the same index in every history is the same moment. */
function appendHistory(history: Reading['history'], gauges: readonly Gauge[]): Reading['history'] {
	const values = new Map(gauges.map(gauge => [gauge.id, gauge.value]));
	const ids = new Set([...Object.keys(history), ...values.keys()]);
	return Object.fromEntries([...ids].map(id => [id, [...(history[id] ?? []), values.get(id)].slice(-historyLength)]));
}

import type {Context} from '../contract/context.ts';
import type {Finding} from '../contract/finding.ts';
import type {Reading} from '../contract/reading.ts';
import type {Gauge, Snapshot} from '../contract/row.ts';
import type {Source} from '../contract/source.ts';
import {AdapterError, isAdapterError} from '../errors.ts';
import {formatDuration} from '../text/format.ts';
import {createPollBackoff} from '../time/backoff.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';
import {nextFailure, sourceUnreadableFinding, staleFinding, withReadTime} from './read-failure.ts';
import type {Store} from './store.ts';

const historyLength = 60;
/** A held-down refresh key asks no faster than this. */
const leastRefreshMs = 500;

export type ReadSnapshot = (context: Context) => Promise<Snapshot>;

export type PollerOptions = {
	readonly source: Source;
	readonly target: string;
	/** Connects and opens the source. Asked again after it failed; its time counts as the read's. */
	readonly open: () => Promise<ReadSnapshot>;
	readonly store: Store<Reading>;
	readonly clock: Clock;
	/** 0 <= n < 1 */
	readonly random: () => number;
};

/** Reads one source of one target, one read at a time, for as long as it runs. */
export type Poller = {
	/** Begins, or goes on after a pause: at once when what is known is older than an interval. */
	resume(): void;
	/** Gives up the read under way. What was read stays. */
	pause(): void;
	/** Reads now, unless it is reading already, paused or closed: then it does nothing, and gives false. */
	refresh(): boolean;
	/** The wall clock was set by so many milliseconds: what was read keeps its age, and the source is opened again. */
	handleClockJump(byMs: number): void;
	close(): void;
};

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

export function createPoller({source, target, open, store, clock, random}: PollerOptions): Poller {
	const pace = createPollBackoff(source.intervalMs);
	const firstSeen = createFirstSeenTracker();
	let phase: 'idle' | 'running' | 'closed' = 'idle';
	let read: ReadSnapshot | undefined;
	/** A read whose generation has passed was given up: its result is dropped. */
	let generation = 0;
	let flight: AbortController | undefined;
	let startedAt = Number.NEGATIVE_INFINITY;
	let callOffNext = () => {};
	let callOffStale = () => {};
	/** Findings of the last good snapshot, without those about reading itself. */
	let known: readonly Finding[] = [];

	const change = (part: Partial<Reading>) => store.set({...store.get(), ...part, intervalMs: pace.successIntervalMs});

	async function attempt(): Promise<void> {
		generation += 1;
		const mine = generation;
		const controller = new AbortController();
		flight = controller;
		startedAt = clock.monotonic();
		expectStale();
		let part: Partial<Reading>;
		try {
			const late = () =>
				new AdapterError(
					'timeout',
					`no answer within ${formatDuration(source.timeoutMs / 1000)}`,
					'It is tried again. Look whether the server is overloaded or the network drops packets.',
				);
			const snapshot = await withDeadline(
				{clock, timeoutMs: source.timeoutMs, createTimeoutError: late, signal: controller.signal},
				async signal => {
					read ??= await open();
					return read({signal, now: clock.now});
				},
			);
			if (mine !== generation) return;
			part = succeeded(snapshot);
		} catch (error) {
			if (mine !== generation) return;
			part = failed(error);
		}
		flight = undefined;
		callOffStale();
		// The next read is planned before anyone is told: whatever a listener does, reading goes on.
		const nextAt = schedule(part.state === 'live' ? clock.monotonic() - startedAt : 0);
		change({...part, nextAt});
	}

	function succeeded(snapshot: Snapshot): Partial<Reading> {
		const now = clock.now();
		const before = store.get();
		const found = source.findings(snapshot, before.snapshot, {target, now});
		// Whatever came while nobody looked may have come at any moment of that time.
		const looked = before.state === 'live' && before.readAt !== undefined && now < oldFrom(before.readAt);
		known = firstSeen.dated(found, now, looked);
		const tookMs = clock.monotonic() - startedAt;
		pace.succeeded(tookMs);
		return {
			state: 'live',
			snapshot,
			readAt: now,
			tookMs,
			failure: undefined,
			findings: known,
			history: appendHistory(before.history, snapshot.gauges),
		};
	}

	function failed(error: unknown): Partial<Reading> {
		const now = clock.now();
		const before = store.get();
		const failure = nextFailure(error, before.failure, now);
		const readAt = earliestReadTime(before.readAt, isAdapterError(error) ? error.asOf : undefined);
		pace.failed(clock.monotonic(), failure.kind === 'denied');
		return {
			state: 'failed',
			failure,
			readAt,
			findings: [...remembered(readAt), sourceUnreadableFinding({...before, readAt}, source.title, failure)],
			history: appendHistory(before.history, []),
		};
	}

	/** Findings of the last good snapshot, with their moment once that is two intervals ago. */
	function remembered(readAt: number | undefined): readonly Finding[] {
		return readAt !== undefined && clock.now() >= oldFrom(readAt) ? withReadTime(known, readAt) : known;
	}

	const oldFrom = (readAt: number) => readAt + 2 * pace.successIntervalMs + 1000;

	/** Jitter only shortens, so that a system that comes back is seen within one interval. */
	function schedule(tookMs: number): number {
		const due = startedAt + pace.intervalMs * (0.9 + 0.1 * random());
		// A slow system is left alone for at least as long as it was kept busy.
		const rest = Math.max(pace.intervalMs / 4, tookMs);
		return plan(Math.max(due - clock.monotonic(), rest));
	}

	function plan(ms: number): number {
		callOffNext();
		callOffNext = clock.after(ms, () => void attempt());
		return clock.now() + ms;
	}

	/** While a read is out, what is shown grows old without anyone saying so, unless the read's own timeout comes first. */
	function expectStale(): void {
		callOffStale();
		const {readAt, failure} = store.get();
		if (readAt === undefined || failure !== undefined) return;
		const since = readAt;
		callOffStale = clock.after(Math.max(0, oldFrom(since) - clock.now()), () => {
			const finding = staleFinding(store.get(), source.title, since, pace.successIntervalMs);
			change({findings: [...remembered(since), finding]});
		});
	}

	function giveUp(): void {
		generation += 1;
		callOffNext();
		callOffStale();
		flight?.abort(new AdapterError('timeout', 'given up', 'Nobody waits for this answer any more.'));
		flight = undefined;
	}

	return {
		resume() {
			if (phase !== 'idle') return;
			phase = 'running';
			const {readAt, snapshot} = store.get();
			const rest = readAt === undefined ? 0 : readAt + pace.intervalMs - clock.now();
			// Not from within the caller: nobody is told of anything before resume() has returned.
			const nextAt = plan(Math.min(Math.max(0, rest), pace.intervalMs));
			change({state: snapshot === undefined ? 'connecting' : 'live', nextAt});
		},
		pause() {
			if (phase !== 'running') return;
			phase = 'idle';
			giveUp();
			change({
				state: 'paused',
				failure: undefined,
				nextAt: undefined,
				findings: withReadTime(known, store.get().readAt),
			});
		},
		refresh() {
			if (phase !== 'running' || flight !== undefined) return false;
			plan(Math.max(0, startedAt + leastRefreshMs - clock.monotonic()));
			return true;
		},
		handleClockJump(byMs) {
			const {readAt, failure, nextAt} = store.get();
			firstSeen.clockSet(byMs);
			// What a source remembers is dated by the clock as it was: it is opened again.
			read = undefined;
			change({
				readAt: readAt === undefined ? undefined : readAt + byMs,
				failure: failure && {...failure, since: failure.since + byMs},
				nextAt: nextAt === undefined ? undefined : nextAt + byMs,
			});
		},
		close() {
			if (phase === 'closed') return;
			phase = 'closed';
			giveUp();
		},
	};
}

/** When what was read was true, if it turns out that the system had fallen silent before. */
const earliestReadTime = (readAt: number | undefined, silentAt: number | undefined): number | undefined =>
	readAt === undefined || silentAt === undefined ? readAt : Math.min(readAt, silentAt);

/**
 * Fills in `since` where the system does not tell: the moment a finding was first seen in this unbroken run. It is at least as old as that,
 * and no older when we looked just before: `looked`.
 */
function createFirstSeenTracker(): {
	dated(found: readonly Finding[], now: number, looked: boolean): readonly Finding[];
	clockSet(byMs: number): void;
} {
	type Sight = {readonly since: number; readonly atLeast?: true};
	let seen: ReadonlyMap<string, Sight> = new Map();
	return {
		dated(found, now, looked) {
			const next = new Map<string, Sight>();
			const dated = found.map(finding => {
				if (finding.since !== undefined) return finding;
				const first: Sight = looked ? {since: now} : {since: now, atLeast: true};
				const sight = seen.get(finding.id) ?? first;
				next.set(finding.id, sight);
				return {...finding, ...sight};
			});
			seen = next;
			return dated;
		},
		clockSet(byMs) {
			seen = new Map([...seen].map(([id, sight]) => [id, {...sight, since: sight.since + byMs}]));
		},
	};
}

/** A gauge that was not read leaves a gap, so that the same place in every history is the same moment. */
function appendHistory(history: Reading['history'], gauges: readonly Gauge[]): Reading['history'] {
	const values = new Map(gauges.map(gauge => [gauge.id, gauge.value]));
	const ids = new Set([...Object.keys(history), ...values.keys()]);
	return Object.fromEntries([...ids].map(id => [id, [...(history[id] ?? []), values.get(id)].slice(-historyLength)]));
}

import type {Context} from '../../../src/contract/context.ts';
import type {Note} from '../../../src/contract/row.ts';
import {type AdapterError, isAdapterError} from '../../../src/errors.ts';
import type {KubernetesPort, WatchedState} from '../../../src/port/kubernetes.ts';
import type {WatchedKind, WatchedObjects} from '../../../src/port/kubernetes-objects.ts';
import {formatClockTime, formatMillis} from '../../../src/text/format.ts';
import {systemClock} from '../../../src/time/clock.ts';

/** How long a read waits for a kind that only adds details to pods. */
const optionalReadTimeoutMs = 500;
/** A check of an action may wait for longer. */
const checkTimeoutMs = 5000;
/** Above this latency the API server is overloaded, or the network to it is slow. */
const slowServerMs = 1000;

/** The last state of each kind: a single late read must not remove details of a row for a second. */
const createLastReads = () => new Map<WatchedKind, WatchedState>();

type CachedObjects<K extends WatchedKind> = {
	readonly objects: ReadonlyMap<string, WatchedObjects[K]>;
	readonly notes: readonly Note[];
};

/** No objects, and a note that says what is missing without them. */
const unreadable = <K extends WatchedKind>(lacking: string, {message, hint}: AdapterError): CachedObjects<K> => ({
	objects: new Map(),
	notes: [{text: `${lacking}: ${message}`, hint, severity: 'unknown'}],
});

/** Optional read of a kind: without its objects the rest is still shown. `lacking` begins the note about a failure. */
export async function readOptionalObjects<K extends WatchedKind>(
	port: KubernetesPort,
	kind: K,
	lacking: string,
	context: Context,
): Promise<CachedObjects<K>> {
	const lastReads = port.derived.get(createLastReads);
	let cancelTimer = () => {};
	const timeout = new Promise<undefined>(resolve => {
		cancelTimer = systemClock.after(optionalReadTimeoutMs, () => resolve(undefined));
	});
	try {
		const current = await Promise.race([port.readWatched(kind, context), timeout]);
		if (current !== undefined) lastReads.set(kind, current);
		const watched = current ?? (lastReads.get(kind) as WatchedState<K> | undefined);
		return watched === undefined
			? {objects: new Map(), notes: []}
			: {objects: watched.objects, notes: staleNotes(kind, watched)};
	} catch (error) {
		if (!isAdapterError(error)) throw error;
		return unreadable(lacking, error);
	} finally {
		cancelTimer();
	}
}

/**
 * Strict read of a kind, for checks: that an object does not exist follows only from a complete list. `unread` says why there is none:
 * `cannot be read: …`, `are still being read`.
 */
export async function readCompleteObjects<K extends WatchedKind>(
	port: KubernetesPort,
	kind: K,
	context: Context,
): Promise<{readonly objects: ReadonlyMap<string, WatchedObjects[K]>; readonly unread: string | undefined}> {
	const signal = AbortSignal.any([context.signal, AbortSignal.timeout(checkTimeoutMs)]);
	try {
		const {objects, isComplete} = await port.readWatched(kind, {...context, signal});
		return {objects, unread: isComplete ? undefined : 'are still being read'};
	} catch (error) {
		if (!isAdapterError(error)) throw error;
		return {objects: new Map(), unread: `cannot be read: ${error.message}`};
	}
}

/**
 * Required read of a kind; where we may not read it, a note says what is missing.
 * @throws AdapterError when it cannot be read for another reason: then the last rows stay.
 */
export async function readRequiredObjects<K extends WatchedKind>(
	port: KubernetesPort,
	kind: K,
	lacking: string,
	context: Context,
): Promise<CachedObjects<K>> {
	try {
		const watched = await port.readWatched(kind, context);
		return {objects: watched.objects, notes: staleNotes(kind, watched)};
	} catch (error) {
		if (!isAdapterError(error) || error.kind !== 'denied') throw error;
		return unreadable(lacking, error);
	}
}

/** A note when the API server is slow: changes then arrive late, which a watch does not show. */
export function latencyNotes(latencyMs: number | undefined): readonly Note[] {
	if (latencyMs === undefined || latencyMs < slowServerMs) return [];
	return [
		{
			text: `the API server answers in ${formatMillis(latencyMs)}`,
			hint: 'Changes appear that much later. Check its load and the network.',
			severity: 'warn',
		},
	];
}

/** A note with the time of the objects when they may be out of date. */
export function staleNotes(kind: WatchedKind, {stale, lastHeardAt}: WatchedState): readonly Note[] {
	if (stale === undefined) return [];
	return [
		{
			text: `${kind} as of ${formatClockTime(Math.min(stale.since, lastHeardAt))}: ${stale.reason}`,
			hint: 'Changes since then are not shown yet; midwatch reconnects by itself.',
			severity: 'warn',
		},
	];
}

import type {Context} from '../../../src/contract/context.ts';
import type {Note} from '../../../src/contract/row.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {KubernetesPort, WatchedState} from '../../../src/port/kubernetes.ts';
import type {WatchedKind, WatchedObjects} from '../../../src/port/kubernetes-objects.ts';
import {formatClockTime, formatMillis} from '../../../src/text/format.ts';

/** What adds to the pods may come later than they do: nobody waits longer for it. */
const optionalReadTimeoutMs = 500;
/** A check may wait for longer than a row. */
const checkTimeoutMs = 5000;
/** An API server that answers later is under load, or far away behind a bad link. */
const slowServerMs = 1000;

/** What was known last: an answer that is late for once must not take a row's workload away for a second. */
const lastRead = new WeakMap<KubernetesPort, Map<WatchedKind, WatchedState>>();

/** What is known of a kind that only adds to what is shown. Without it the rest still shows, and `notes` says what is missing. */
export async function readOptionalObjects<K extends WatchedKind>(
	port: KubernetesPort,
	kind: K,
	lacking: string,
	context: Context,
): Promise<{readonly objects: ReadonlyMap<string, WatchedObjects[K]>; readonly notes: readonly Note[]}> {
	const known = lastRead.get(port) ?? new Map<WatchedKind, WatchedState>();
	lastRead.set(port, known);
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<undefined>(resolve => {
		timer = setTimeout(() => resolve(undefined), optionalReadTimeoutMs);
	});
	try {
		const now = await Promise.race([port.readWatched(kind, context), late]);
		if (now !== undefined) known.set(kind, now);
		const watched = now ?? (known.get(kind) as WatchedState<K> | undefined);
		return watched === undefined
			? {objects: new Map(), notes: []}
			: {objects: watched.objects, notes: staleNotes(kind, watched)};
	} catch (error) {
		if (!isAdapterError(error)) throw error;
		return {objects: new Map(), notes: [{text: `${lacking}: ${error.message}`, hint: error.hint, severity: 'unknown'}]};
	} finally {
		clearTimeout(timer);
	}
}

/**
 * What a check rests on: that nothing of a kind is there may only be told where all of it was read. `unread` says why it was not:
 * `cannot be read: …`, `are still being read`.
 */
export async function readCompleteObjects<K extends WatchedKind>(
	port: KubernetesPort,
	kind: K,
	context: Context,
): Promise<{readonly objects: ReadonlyMap<string, WatchedObjects[K]>; readonly unread: string | undefined}> {
	const signal = AbortSignal.any([context.signal, AbortSignal.timeout(checkTimeoutMs)]);
	try {
		const {objects, isComplete: complete} = await port.readWatched(kind, {...context, signal});
		return {objects, unread: complete ? undefined : 'are still being read'};
	} catch (error) {
		if (!isAdapterError(error)) throw error;
		return {objects: new Map(), unread: `cannot be read: ${error.message}`};
	}
}

/**
 * What is known of a kind that rows are made of, or, where we may not read it, what is missing without it.
 * @throws AdapterError why it cannot be read now: then what was read before stays.
 */
export async function readRequiredObjects<K extends WatchedKind>(
	port: KubernetesPort,
	kind: K,
	lacking: string,
	context: Context,
): Promise<{readonly objects: ReadonlyMap<string, WatchedObjects[K]>; readonly notes: readonly Note[]}> {
	try {
		const watched = await port.readWatched(kind, context);
		return {objects: watched.objects, notes: staleNotes(kind, watched)};
	} catch (error) {
		if (!isAdapterError(error) || error.kind !== 'denied') throw error;
		return {objects: new Map(), notes: [{text: `${lacking}: ${error.message}`, hint: error.hint, severity: 'unknown'}]};
	}
}

/** Whoever looks at a watch does not see that all of it comes late. */
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

/** Says of what moment it is when it may no longer be true. */
export function staleNotes(kind: WatchedKind, {stale, lastHeardAt: heardAt}: WatchedState): readonly Note[] {
	if (stale === undefined) return [];
	return [
		{
			text: `${kind} as of ${formatClockTime(Math.min(stale.since, heardAt))}: ${stale.reason}`,
			hint: 'Changes since then are not shown yet; midwatch reconnects by itself.',
			severity: 'warn',
		},
	];
}

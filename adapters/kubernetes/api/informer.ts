import {AdapterError, isAdapterError, messageOf} from '../../../src/errors.ts';
import type {PodTableRow, Staleness, WatchedState} from '../../../src/port/kubernetes.ts';
import type {WatchedKind, WatchedObjects} from '../../../src/port/kubernetes-objects.ts';
import {exponentialDelay} from '../../../src/time/backoff.ts';
import {type Clock, pause} from '../../../src/time/clock.ts';
import {cancellationError} from '../../../src/time/deadline.ts';
import {findApiRefusal} from './errors.ts';
import {listAll, metadataOf, readPodTable} from './list.ts';
import {project} from './projection.ts';
import {watchedResources} from './resources.ts';
import type {Timings} from './timings.ts';
import type {ApiTransport} from './transport.ts';
import {followWatch, requiresRelist} from './watch.ts';

export type InformerOptions<K extends WatchedKind> = {
	readonly kind: K;
	/** Empty: all. */
	readonly namespace: string;
	readonly transport: ApiTransport;
	readonly clock: Clock;
	readonly timings: Timings;
	/** 0 <= n < 1 */
	readonly random: () => number;
	/** Epoch milliseconds: when the server last gave a sign of life beside the watch; undefined before the first. */
	lastHeartbeatAt(): number | undefined;
};

/** Keeps one kind of one cluster as it is there, and knows at each moment how true that is. */
export type Informer<K extends WatchedKind> = {
	/**
	 * Waits for something to show when there is nothing yet.
	 * @throws AdapterError why it cannot be read, also when it could be once and what is known is too old.
	 */
	read(signal: AbortSignal): Promise<WatchedState<K>>;
	/** Lists anew at once. */
	relist(): void;
	/** Tries again at once what failed: the reason may be gone. */
	retry(): void;
	/** Something says that the connection may be dead: it is opened anew, from where it was. */
	markSuspect(reason: AdapterError): void;
	close(): void;
};

/** Longest wait that a server may ask for with Retry-After. */
const longestRetryAfterMs = 60_000;
/** The right to watch may be given later. */
const watchRetryMs = 5 * 60_000;

export function createInformer<K extends WatchedKind>(options: InformerOptions<K>): Informer<K> {
	const {kind, namespace, transport, clock, timings, random, lastHeartbeatAt: aliveAt} = options;
	const {type, projection: shape, fieldSelector} = watchedResources[kind];
	const request = {type, namespace, fieldSelector};
	const asked = `watch ${type.resource}${namespace === '' ? '' : ` of namespace ${namespace}`}`;

	let objects = new Map<string, WatchedObjects[K]>();
	let podTable: readonly PodTableRow[] | undefined;
	let complete = false;
	/** A page of the first list is whole: less than that tells nothing of what is there. */
	let paged = false;
	let version = 0;
	/** Undefined: has to be listed. */
	let resourceVersion: string | undefined;
	let heardAt = clock.now();
	let stale: Staleness | undefined;
	let failure: AdapterError | undefined;
	let attempts = 0;
	/** Until then it is listed again and again, because it may not be watched. */
	let pollUntil = 0;
	/** The turn was ended by `relist`, not by a failure. */
	let asAsked = false;

	const life = new AbortController();
	/** The list or watch under way; aborted to begin anew. */
	let turn = new AbortController();
	/** The pause under way; ended early by those who know better. */
	let wake = new AbortController();
	let toldWaiting = Promise.withResolvers<void>();

	function changed(): void {
		version += 1;
		toldWaiting.resolve();
		toldWaiting = Promise.withResolvers();
	}

	function heard(): void {
		heardAt = clock.now();
	}

	/** What is shown is what is there. */
	function fresh(): void {
		heard();
		stale = undefined;
		failure = undefined;
	}

	/** What is shown may have been old since the watch was heard, or, as long as nothing says that it had stopped by then, the server. */
	function doubtful(reason: string, since = Math.max(heardAt, aliveAt() ?? 0)): void {
		if (complete) stale = {since: stale?.since ?? since, reason, attempts};
	}

	/** A failure of what was shown once tells of what moment that is. */
	const dated = (error: AdapterError): AdapterError =>
		stale === undefined
			? error
			: new AdapterError(error.kind, error.message, error.hint, {cause: error.cause, asOf: stale.since});

	function put(into: Map<string, WatchedObjects[K]>, item: unknown): void {
		const metadata = metadataOf(item);
		const object = project<WatchedObjects[K]>(item, shape);
		into.set(metadata.uid, {...object, metadata} as WatchedObjects[K]);
	}

	async function peek(signal: AbortSignal): Promise<void> {
		try {
			const rows = await readPodTable(transport, request, signal);
			if (complete) return;
			podTable = rows;
			heard();
			changed();
		} catch {
			// It only was to be quicker: the list itself says what is wrong.
		}
	}

	async function list(signal: AbortSignal): Promise<void> {
		const first = !complete;
		let found = new Map<string, WatchedObjects[K]>();
		let peeked = false;
		const page = await listAll(transport, request, signal, {
			begin() {
				found = new Map();
			},
			take(item) {
				heard();
				put(found, item);
			},
			page() {
				heard();
				if (first) {
					// What was shown of a list that had to begin anew stays until there is something in its place.
					objects = found;
					paged = found.size > 0;
					changed();
				}
				if (first && kind === 'pods' && !peeked) void peek(signal);
				peeked = true;
				return true;
			},
		});
		objects = found;
		podTable = undefined;
		complete = true;
		resourceVersion = page.resourceVersion;
		fresh();
		changed();
	}

	function happened(event: {readonly type: string; readonly object: unknown}): void {
		heard();
		const metadata = metadataOf(event.object);
		if (event.type === 'DELETED') objects.delete(metadata.uid);
		else put(objects, event.object);
		changed();
	}

	async function watch(signal: AbortSignal): Promise<void> {
		const began = clock.now();
		let opened = false;
		try {
			await followWatch({
				transport,
				request,
				operation: asked,
				resourceVersion: resourceVersion ?? '',
				// Spread, so that the watches of many clients do not all end at once.
				timeoutSeconds: 300 + Math.floor(random() * 300),
				silenceTimeoutMs: timings.silenceTimeoutMs,
				signal,
				onOpen() {
					opened = true;
					fresh();
				},
				onVersion(to) {
					heard();
					resourceVersion = to;
				},
				onEvent: happened,
			});
		} finally {
			if (opened && clock.now() - began >= timings.healthyMs) attempts = 0;
		}
		// The server ends a watch when its time is up. One that ends it at once must not be asked in a circle.
		if (clock.now() - began < 1000) {
			const hint = 'It is opened again. Check the network and any proxy between midwatch and the API server.';
			throw new AdapterError('unreachable', `${asked}: the server ended it at once`, hint);
		}
	}

	/** Milliseconds until the next attempt. */
	function waitAfter(error: AdapterError): number {
		attempts += 1;
		const refusal = findApiRefusal(error);
		const jitter = 0.5 + random();
		if (refusal?.retryAfterMs !== undefined) {
			return Math.min(refusal.retryAfterMs, longestRetryAfterMs) + random() * timings.retryMs;
		}
		const steady = refusal?.code === 403 || refusal?.code === 404 || refusal?.code === 405;
		// A right that was taken away may be given back at once; one that was never there is asked for seldom.
		if (steady) return (complete ? timings.pollMs : timings.refusedRetryMs) * jitter;
		return exponentialDelay(attempts - 1, {initialMs: timings.retryMs, maxMs: timings.maxRetryMs}) * jitter;
	}

	async function round(signal: AbortSignal): Promise<number> {
		let watching = false;
		try {
			const polls = clock.now() < pollUntil;
			if (resourceVersion === undefined || polls) await list(signal);
			if (polls) return timings.pollMs;
			watching = true;
			await watch(signal);
			return 0;
		} catch (thrown) {
			if (life.signal.aborted) return 0;
			const error = isAdapterError(thrown) ? thrown : toAdapterError(thrown, asked);
			if (asAsked) {
				asAsked = false;
				return 0;
			}
			if (resourceVersion !== undefined && requiresRelist(error)) {
				// The server has forgotten where we were. What is shown stays until the new list is there.
				resourceVersion = undefined;
				doubtful('listing again: the server no longer has the resource version of the watch');
				attempts += 1;
				if (attempts === 1 && error.kind !== 'malformed') return 0;
			}
			if (watching && findApiRefusal(error)?.code === 403) {
				pollUntil = clock.now() + watchRetryMs;
				return 0;
			}
			failure = error;
			const wait = waitAfter(error);
			// A watch on which nothing was heard while the server was there may have been dead all the while.
			const silent = watching && error.kind === 'timeout';
			doubtful(`${error.message}, trying again (${attempts})`, silent ? heardAt : undefined);
			changed();
			return wait;
		}
	}

	async function run(): Promise<void> {
		while (!life.signal.aborted) {
			turn = new AbortController();
			asAsked = false;
			const wait = await round(AbortSignal.any([turn.signal, life.signal]));
			wake = new AbortController();
			if (wait > 0) await pause(clock, wait, AbortSignal.any([wake.signal, life.signal]));
		}
	}
	void run();

	function view(): WatchedState<K> {
		return {
			objects,
			version,
			lastHeardAt: heardAt,
			isComplete: complete,
			...(stale === undefined ? {} : {stale}),
			...(podTable === undefined ? {} : {podTable: podTable}),
		};
	}

	return {
		async read(signal) {
			for (;;) {
				if (signal.aborted) throw cancellationError(signal);
				if (failure !== undefined) throw dated(failure);
				if (stale !== undefined && clock.now() - stale.since > timings.staleGraceMs) {
					const hint = 'The last known state is shown. Check the load of the API server and the network.';
					throw dated(new AdapterError('timeout', `${asked}: ${stale.reason}`, hint));
				}
				if (complete || paged || podTable !== undefined) return view();
				await waitOrAbort(toldWaiting.promise, signal);
			}
		},
		relist() {
			resourceVersion = undefined;
			doubtful('listed anew');
			asAsked = true;
			turn.abort(new AdapterError('timeout', 'listed anew', 'It was asked for.'));
			wake.abort();
		},
		retry() {
			if (failure === undefined) return;
			failure = undefined;
			attempts = 0;
			wake.abort();
		},
		markSuspect(reason) {
			// Who is heard is there: a long list on a slow link leaves no room for a sign of life.
			if (clock.now() - heardAt < timings.heartbeatIntervalMs) return;
			failure = reason;
			doubtful(reason.message);
			turn.abort(reason);
			wake.abort();
		},
		close() {
			const closing = new AdapterError('unreachable', 'the connection was closed', 'Start midwatch again.');
			failure = closing;
			life.abort(closing);
			changed();
		},
	};
}

const toAdapterError = (thrown: unknown, asked: string): AdapterError =>
	new AdapterError(
		'malformed',
		`${asked}: ${messageOf(thrown)}`,
		'Unexpected answer: report it with the version of the server. midwatch keeps retrying.',
		{cause: thrown},
	);

function waitOrAbort(something: Promise<void>, signal: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		const end = () => {
			signal.removeEventListener('abort', end);
			resolve();
		};
		signal.addEventListener('abort', end, {once: true});
		if (signal.aborted) end();
		void something.then(end);
	});
}

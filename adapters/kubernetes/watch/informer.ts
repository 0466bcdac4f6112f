import {AdapterError, isAdapterError, messageOf} from '../../../src/errors.ts';
import type {PodTableRow, WatchedState} from '../../../src/port/kubernetes.ts';
import type {WatchedKind, WatchedObjects} from '../../../src/port/kubernetes-objects.ts';
import {type Clock, pause} from '../../../src/time/clock.ts';
import {cancellationError} from '../../../src/time/deadline.ts';
import {listAll, metadataOf, readPodTable} from '../api/list.ts';
import {type Intern, project} from '../api/projection.ts';
import {watchedResources} from '../api/resources.ts';
import type {ApiTransport} from '../api/transport.ts';
import {
	type InformerEvent,
	type InformerPhase,
	type InformerState,
	initialInformerState,
	readability,
	reduceInformer,
} from './informer-state.ts';
import type {Timings} from './timings.ts';
import {followWatch} from './watch-stream.ts';

export type InformerOptions<K extends WatchedKind> = {
	readonly kind: K;
	/** Empty: all namespaces. */
	readonly namespace: string;
	readonly transport: ApiTransport;
	readonly clock: Clock;
	readonly timings: Timings;
	/** Shares one copy of equal strings between objects. */
	readonly intern: Intern;
	/** 0 <= n < 1 */
	random(): number;
	/** Epoch milliseconds when the server last answered a heartbeat; undefined before the first answer. */
	lastHeartbeatAt(): number | undefined;
};

/** Keeps all objects of one kind in memory by a list and a watch, and knows how up to date they are. See informer-state.ts. */
export type Informer<K extends WatchedKind> = {
	/**
	 * Returns the known objects; waits until the first ones are known.
	 * @throws AdapterError why the kind cannot be read, also when it could be earlier and the objects have been stale for too long.
	 */
	read(signal: AbortSignal): Promise<WatchedState<K>>;
	/** Lists again at once. */
	relist(): void;
	/** Retries at once what failed: its reason may be resolved. */
	retry(): void;
	/** Reopens the connection, which may be dead, and resumes where it was. */
	markSuspect(reason: AdapterError): void;
	close(): void;
};

export function createInformer<K extends WatchedKind>(options: InformerOptions<K>): Informer<K> {
	const {kind, namespace, clock, timings} = options;
	const operation = `watch ${watchedResources[kind].type.resource}${namespace === '' ? '' : ` of namespace ${namespace}`}`;
	const cache: ObjectCache<K> = {objects: new Map(), podTable: undefined};
	let state = initialInformerState(clock.now());
	let work = new AbortController();
	let nextChange = Promise.withResolvers<void>();

	function dispatch(event: InformerEvent): void {
		const before = state;
		state = reduceInformer(before, event, {
			now: clock.now(),
			lastHeartbeatAt: options.lastHeartbeatAt(),
			random: options.random(),
			timings,
			operation,
		});
		if (state.version !== before.version) {
			nextChange.resolve();
			nextChange = Promise.withResolvers();
		}
		if (state.phase !== before.phase) enter(state.phase);
	}

	/** Cancels the work of the previous phase and starts that of this one. */
	function enter(phase: InformerPhase): void {
		work.abort(new AdapterError('unreachable', `${operation}: superseded`, 'midwatch has started a newer request.'));
		work = new AbortController();
		const {signal} = work;
		/** Ignores what a superseded request still reports. */
		const report = (event: InformerEvent) => {
			if (!signal.aborted) dispatch(event);
		};
		void perform(phase, {...options, operation, cache, state: () => state, signal, report});
	}
	enter(state.phase);

	return {
		async read(signal) {
			for (;;) {
				if (signal.aborted) throw cancellationError(signal);
				const now = readability(state, {now: clock.now(), timings, operation});
				if (now.kind === 'failed') throw now.error;
				if (now.kind === 'readable') return watchedState(state, cache);
				await waitOrAbort(nextChange.promise, signal);
			}
		},
		relist: () => dispatch({type: 'relist-requested'}),
		retry: () => dispatch({type: 'retry-requested'}),
		markSuspect: reason => dispatch({type: 'connection-suspected', reason}),
		close: () => dispatch({type: 'closed'}),
	};
}

/** The objects by uid, changed in place between two lists, and the server's pod table until the first list is complete. */
type ObjectCache<K extends WatchedKind> = {
	objects: Map<string, WatchedObjects[K]>;
	podTable: readonly PodTableRow[] | undefined;
};

const watchedState = <K extends WatchedKind>(
	{version, lastHeardAt, objects, stale}: InformerState,
	cache: ObjectCache<K>,
): WatchedState<K> => ({
	objects: cache.objects,
	version,
	lastHeardAt,
	isComplete: objects === 'complete',
	...(stale === undefined ? {} : {stale}),
	...(cache.podTable === undefined ? {} : {podTable: cache.podTable}),
});

/** The work of one phase: where it reads from and where it reports to. */
type Work<K extends WatchedKind> = InformerOptions<K> & {
	readonly operation: string;
	readonly cache: ObjectCache<K>;
	readonly signal: AbortSignal;
	state(): InformerState;
	report(event: InformerEvent): void;
};

/** Performs one phase, and reports its progress and its end. Never rejects. */
async function perform<K extends WatchedKind>(phase: InformerPhase, work: Work<K>): Promise<void> {
	const {signal, report, operation} = work;
	try {
		switch (phase.kind) {
			case 'listing':
				await list(work);
				return;
			case 'watching':
				await watch(work, phase.resourceVersion);
				report({type: 'watch-ended'});
				return;
			case 'waiting':
				await pause(work.clock, phase.ms, signal);
				report({type: 'wait-ended'});
				return;
			case 'closed':
				return;
		}
	} catch (thrown) {
		report({type: 'request-failed', error: isAdapterError(thrown) ? thrown : unexpectedError(thrown, operation)});
	}
}

const requestOf = <K extends WatchedKind>({kind, namespace}: Work<K>) => {
	const {type, fieldSelector} = watchedResources[kind];
	return {type, namespace, fieldSelector};
};

function put<K extends WatchedKind>(
	into: Map<string, WatchedObjects[K]>,
	item: unknown,
	{kind, intern}: Work<K>,
): void {
	const metadata = metadataOf(item, intern);
	const object = project<WatchedObjects[K]>(item, watchedResources[kind].projection, intern);
	into.set(metadata.uid, {...object, metadata} as WatchedObjects[K]);
}

async function list<K extends WatchedKind>(work: Work<K>): Promise<void> {
	const {transport, signal, cache, report} = work;
	const isFirst = work.state().objects !== 'complete';
	let listed = new Map<string, WatchedObjects[K]>();
	let hasRequestedTable = false;
	const page = await listAll(transport, requestOf(work), signal, {
		begin() {
			listed = new Map();
		},
		take(item) {
			report({type: 'heard'});
			put(listed, item, work);
		},
		page() {
			report({type: 'heard'});
			if (isFirst && !signal.aborted) {
				// Pages of a list that had to begin again stay readable until its first new page.
				cache.objects = listed;
				report({type: 'page-listed', isEmpty: listed.size === 0});
			}
			if (isFirst && work.kind === 'pods' && !hasRequestedTable) void readTable(work);
			hasRequestedTable = true;
			return true;
		},
	});
	if (signal.aborted) return;
	cache.objects = listed;
	cache.podTable = undefined;
	report({type: 'listed', resourceVersion: page.resourceVersion});
}

/** Reads the server's pod table, which is complete long before a list of many pages. */
async function readTable<K extends WatchedKind>(work: Work<K>): Promise<void> {
	const {transport, signal, cache, report, intern} = work;
	try {
		const rows = await readPodTable(transport, requestOf(work), signal, intern);
		if (signal.aborted || work.state().objects === 'complete') return;
		cache.podTable = rows;
		report({type: 'pod-table-read'});
	} catch {
		// The table only speeds up the first display: the list itself reports what is wrong.
	}
}

async function watch<K extends WatchedKind>(work: Work<K>, resourceVersion: string): Promise<void> {
	const {cache, report, signal, timings} = work;
	await followWatch({
		transport: work.transport,
		request: requestOf(work),
		operation: work.operation,
		resourceVersion,
		// Random, so that the watches of many clients do not all end at once.
		timeoutSeconds: 300 + Math.floor(work.random() * 300),
		silenceTimeoutMs: timings.silenceTimeoutMs,
		signal,
		onOpen: () => report({type: 'watch-opened'}),
		onVersion: version => report({type: 'watch-progressed', resourceVersion: version}),
		onEvent({type, object}) {
			if (signal.aborted) return;
			if (type === 'DELETED') cache.objects.delete(metadataOf(object, work.intern).uid);
			else put(cache.objects, object, work);
			report({type: 'object-changed'});
		},
	});
}

const unexpectedError = (thrown: unknown, operation: string): AdapterError =>
	new AdapterError(
		'malformed',
		`${operation}: ${messageOf(thrown)}`,
		'Unexpected answer: report it with the version of the server. midwatch keeps retrying.',
		{cause: thrown},
	);

function waitOrAbort(change: Promise<void>, signal: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		const end = () => {
			signal.removeEventListener('abort', end);
			resolve();
		};
		signal.addEventListener('abort', end, {once: true});
		if (signal.aborted) end();
		void change.then(end);
	});
}

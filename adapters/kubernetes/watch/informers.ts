import type {AdapterError} from '../../../src/errors.ts';
import type {KubernetesSettings, WatchedState} from '../../../src/port/kubernetes.ts';
import type {WatchedKind, WatchedObjects} from '../../../src/port/kubernetes-objects.ts';
import {watchedResources} from '../api/resources.ts';
import {createInformer, type Informer, type InformerOptions} from './informer.ts';

/** The informers of one cluster: one for each kind and namespace, created when the kind is first read. */
export type Informers = {
	/** The objects of a kind in all watched namespaces. See Informer.read. */
	read<K extends WatchedKind>(kind: K, signal: AbortSignal): Promise<WatchedState<K>>;
	relist(kind: WatchedKind): void;
	/** Retries all informers that failed, such as after a login. */
	retry(): void;
	markSuspect(reason: AdapterError): void;
	close(): void;
};

type InformersByKind = {readonly [K in WatchedKind]?: readonly Informer<K>[]};

export function createInformers(
	namespaces: KubernetesSettings['namespaces'],
	options: Omit<InformerOptions<WatchedKind>, 'kind' | 'namespace'>,
): Informers {
	const byKind: InformersByKind = {};
	const merge = createNamespaceMerge();
	const all = (): readonly Informer<WatchedKind>[] => Object.values(byKind).flat();

	function informersOf<K extends WatchedKind>(kind: K): readonly Informer<K>[] {
		const known: readonly Informer<K>[] | undefined = byKind[kind];
		if (known !== undefined) return known;
		const created = watchedNamespaces(namespaces, watchedResources[kind].type.namespaced).map(namespace =>
			createInformer({...options, kind, namespace}),
		);
		Object.assign(byKind, {[kind]: created});
		return created;
	}

	return {
		async read(kind, signal) {
			const states = await Promise.all(informersOf(kind).map(informer => informer.read(signal)));
			return merge(kind, states);
		},
		relist(kind) {
			for (const informer of byKind[kind] ?? []) informer.relist();
		},
		retry() {
			for (const informer of all()) informer.retry();
		},
		markSuspect(reason) {
			for (const informer of all()) informer.markSuspect(reason);
		},
		close() {
			for (const informer of all()) informer.close();
		},
	};
}

/** The namespaces to read a kind from. The empty name means all of them, or none for a cluster-scoped kind. */
export const watchedNamespaces = (
	namespaces: KubernetesSettings['namespaces'],
	isNamespaced: boolean,
): readonly string[] => (namespaces === 'all' || !isNamespaced ? [''] : namespaces);

/** Merges the states of several namespaces. Builds a new map only when one of them has changed. */
function createNamespaceMerge() {
	const merged = new Map<WatchedKind, {readonly key: string; readonly objects: ReadonlyMap<string, unknown>}>();
	return <K extends WatchedKind>(kind: K, states: readonly WatchedState<K>[]): WatchedState<K> => {
		const [only] = states;
		if (only !== undefined && states.length === 1) return only;
		const key = states.map(({version}) => `${version}`).join();
		const before = merged.get(kind);
		const objects =
			before?.key === key
				? (before.objects as ReadonlyMap<string, WatchedObjects[K]>)
				: new Map(states.flatMap(state => [...state.objects]));
		merged.set(kind, {key, objects});
		const [stale] = states.flatMap(state => state.stale ?? []).toSorted((a, b) => a.since - b.since);
		const podTable = states.flatMap(state => state.podTable ?? []);
		return {
			objects,
			...(podTable.length === 0 ? {} : {podTable}),
			version: states.reduce((sum, {version}) => sum + version, 0),
			lastHeardAt: Math.min(...states.map(({lastHeardAt}) => lastHeardAt)),
			isComplete: states.every(({isComplete}) => isComplete),
			...(stale === undefined ? {} : {stale}),
		};
	};
}

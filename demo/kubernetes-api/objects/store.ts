import type {KubeObject} from './kube-object.ts';
import {createSortedObjects, type SortedObjects} from './sorted-objects.ts';

/** One write, as watchers receive it. */
export type StoreChange = {
	readonly revision: number;
	readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
	readonly resource: string;
	/** Of a deletion: the last state, with the revision of the deletion. */
	readonly object: KubeObject;
	readonly previous: KubeObject | undefined;
};

/** All objects, and the latest changes to them. Plays the part of etcd and the watch cache of a cluster. */
export type ObjectStore = {
	/** The revision of the last write to any resource. */
	readonly revision: number;
	get<T extends KubeObject>(resource: string, namespace: string | undefined, name: string): T | undefined;
	/** The objects of a resource in the order of namespace and name; of all namespaces when none is given. */
	list<T extends KubeObject>(resource: string, namespace?: string): readonly T[];
	/** The objects with an owner reference to this uid. */
	ownedBy<T extends KubeObject>(resource: string, uid: string): readonly T[];
	/** Adds the object, or replaces the one with its name. Returns it as stored, with its new resourceVersion. */
	put<T extends KubeObject>(resource: string, object: T): T;
	/** Deletes an object. Returns its last state, with the revision of the deletion; undefined when there was none. */
	remove(resource: string, namespace: string | undefined, name: string): KubeObject | undefined;
	/** The changes of a resource after `revision`, oldest first; undefined when some of them were dropped. */
	since(resource: string, revision: number): readonly StoreChange[] | undefined;
	/** The oldest revision from which a resource can still be watched. */
	oldest(resource: string): number;
	/** Calls the listener after each write. Returns the function that stops this. */
	onChange(listener: (change: StoreChange) => void): () => void;
	/** Drops all changes: a client that requests an earlier revision gets 410. */
	compact(): void;
	/** Compacts and continues with much higher revisions, as after etcd was restored or replaced. */
	resetRevisions(): void;
};

type Collection = {
	readonly objects: SortedObjects;
	changes: StoreChange[];
	forgotten: number;
};

/** Writes that are retained of each resource, so that a watch can be resumed. */
const historyLength = 20_000;

const keyOf = (namespace: string | undefined, name: string) =>
	namespace === undefined ? name : `${namespace}/${name}`;

export function createObjectStore(firstRevision = 1000): ObjectStore {
	const collections = new Map<string, Collection>();
	const owned = new Map<string, Map<string, KubeObject>>();
	const listeners = new Set<(change: StoreChange) => void>();
	let revision = firstRevision;
	let compacted = firstRevision;

	function collection(resource: string): Collection {
		const known = collections.get(resource);
		if (known !== undefined) return known;
		const made: Collection = {objects: createSortedObjects(), changes: [], forgotten: compacted};
		collections.set(resource, made);
		return made;
	}

	function index(resource: string, key: string, object: KubeObject | undefined, previous: KubeObject | undefined) {
		for (const {uid} of previous?.metadata.ownerReferences ?? []) owned.get(`${resource} ${uid}`)?.delete(key);
		for (const {uid} of object?.metadata.ownerReferences ?? []) {
			const place = `${resource} ${uid}`;
			const dependents = owned.get(place) ?? new Map<string, KubeObject>();
			owned.set(place, dependents.set(key, object as KubeObject));
		}
	}

	function publish(entry: Collection, change: StoreChange) {
		entry.changes.push(change);
		if (entry.changes.length > historyLength * 1.25) {
			const dropped = entry.changes.splice(0, entry.changes.length - historyLength);
			entry.forgotten = dropped.at(-1)?.revision ?? entry.forgotten;
		}
		for (const listener of [...listeners]) listener(change);
	}

	const versioned = <T extends KubeObject>(object: T): T => {
		revision += 1;
		return {...object, metadata: {...object.metadata, resourceVersion: String(revision)}};
	};

	function compact() {
		compacted = revision;
		for (const entry of collections.values()) {
			entry.changes = [];
			entry.forgotten = revision;
		}
	}

	return {
		get revision() {
			return revision;
		},
		get: <T extends KubeObject>(resource: string, namespace: string | undefined, name: string) =>
			collection(resource).objects.get(namespace, name) as T | undefined,
		list: <T extends KubeObject>(resource: string, namespace?: string) =>
			collection(resource).objects.list(namespace) as readonly T[],
		ownedBy: <T extends KubeObject>(resource: string, uid: string) =>
			[...(owned.get(`${resource} ${uid}`)?.values() ?? [])] as unknown as readonly T[],
		put<T extends KubeObject>(resource: string, object: T) {
			const entry = collection(resource);
			const key = keyOf(object.metadata.namespace, object.metadata.name);
			const stored = versioned(object);
			const previous = entry.objects.set(stored);
			index(resource, key, stored, previous);
			const type = previous === undefined ? 'ADDED' : 'MODIFIED';
			publish(entry, {revision, type, resource, object: stored, previous});
			return stored;
		},
		remove(resource, namespace, name) {
			const entry = collection(resource);
			const key = keyOf(namespace, name);
			const previous = entry.objects.delete(namespace, name);
			if (previous === undefined) return undefined;
			index(resource, key, undefined, previous);
			const object = versioned(previous);
			publish(entry, {revision, type: 'DELETED', resource, object, previous});
			return object;
		},
		since(resource, from) {
			const entry = collection(resource);
			if (from < entry.forgotten) return undefined;
			// Changes are in order, so the wanted ones are at the end: a watch misses few of many.
			let first = entry.changes.length;
			while (first > 0 && (entry.changes[first - 1]?.revision ?? 0) > from) first -= 1;
			return entry.changes.slice(first);
		},
		oldest: resource => collection(resource).forgotten,
		onChange(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		compact,
		resetRevisions() {
			revision += 1_000_000;
			compact();
		},
	};
}

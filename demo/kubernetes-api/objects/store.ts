import {type ChangeHistory, createChangeHistory, type StoreChange} from './change-history.ts';
import {createDependents} from './dependents.ts';
import type {KubeObject} from './kube-object.ts';
import {createSortedObjects, type SortedObjects} from './sorted-objects.ts';

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
	oldestWatchable(resource: string): number;
	/** Calls the listener after each write. Returns the function that stops this. */
	onChange(listener: (change: StoreChange) => void): () => void;
	/** Drops all changes: a client that requests an earlier revision gets 410. */
	compact(): void;
	/** Compacts and continues with much higher revisions, as after etcd was restored or replaced. */
	resetRevisions(): void;
};

type Collection = {readonly objects: SortedObjects; readonly history: ChangeHistory};

export function createObjectStore(firstRevision = 1000): ObjectStore {
	const collections = new Map<string, Collection>();
	const dependents = createDependents();
	const listeners = new Set<(change: StoreChange) => void>();
	let revision = firstRevision;
	let compacted = firstRevision;

	function collection(resource: string): Collection {
		const known = collections.get(resource);
		if (known !== undefined) return known;
		const created: Collection = {objects: createSortedObjects(), history: createChangeHistory(compacted)};
		collections.set(resource, created);
		return created;
	}

	function publish({history}: Collection, change: StoreChange) {
		history.add(change);
		for (const listener of [...listeners]) listener(change);
	}

	const versioned = <T extends KubeObject>(object: T): T => {
		revision += 1;
		return {...object, metadata: {...object.metadata, resourceVersion: String(revision)}};
	};

	function compact() {
		compacted = revision;
		for (const {history} of collections.values()) history.clear(revision);
	}

	return {
		get revision() {
			return revision;
		},
		get: <T extends KubeObject>(resource: string, namespace: string | undefined, name: string) =>
			collection(resource).objects.get(namespace, name) as T | undefined,
		list: <T extends KubeObject>(resource: string, namespace?: string) =>
			collection(resource).objects.list(namespace) as readonly T[],
		ownedBy: <T extends KubeObject>(resource: string, uid: string) => dependents.ownedBy(resource, uid) as readonly T[],
		put<T extends KubeObject>(resource: string, object: T) {
			const entry = collection(resource);
			const stored = versioned(object);
			const previous = entry.objects.set(stored);
			dependents.replace(resource, previous, stored);
			const type = previous === undefined ? 'ADDED' : 'MODIFIED';
			publish(entry, {revision, type, resource, object: stored, previous});
			return stored;
		},
		remove(resource, namespace, name) {
			const entry = collection(resource);
			const previous = entry.objects.delete(namespace, name);
			if (previous === undefined) return undefined;
			dependents.replace(resource, previous, undefined);
			const object = versioned(previous);
			publish(entry, {revision, type: 'DELETED', resource, object, previous});
			return object;
		},
		since: (resource, from) => collection(resource).history.since(from),
		oldestWatchable: resource => collection(resource).history.oldest(),
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

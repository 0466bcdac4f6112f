import type {FakeCluster} from '../cluster.ts';
import type {Namespace} from '../objects/kinds.ts';
import {resourceTypes} from '../objects/resources.ts';
import {backgroundDeletion, deleteObject} from '../serving/deletion.ts';

/** Deletes the objects whose owner was deleted. */
export function deleteOwned(cluster: FakeCluster, ownerUid: string): void {
	for (const {key} of resourceTypes) {
		for (const owned of cluster.store.ownedBy(key, ownerUid)) {
			if (owned.metadata.deletionTimestamp === undefined) deleteObject(cluster, key, owned, backgroundDeletion);
		}
	}
}

export const isTerminating = ({status}: Namespace): boolean => status.phase === 'Terminating';

/** Deletes the objects of a terminating namespace, then the namespace. Returns false while objects are left. */
export function finishNamespace(cluster: FakeCluster, {metadata}: Namespace): boolean {
	let left = 0;
	for (const {key, namespaced} of resourceTypes) {
		if (!namespaced) continue;
		for (const object of cluster.store.list(key, metadata.name)) {
			left += 1;
			if (object.metadata.deletionTimestamp === undefined) deleteObject(cluster, key, object, backgroundDeletion);
		}
	}
	if (left === 0) cluster.store.remove('namespaces', undefined, metadata.name);
	return left === 0;
}

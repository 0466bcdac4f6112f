import type {KubeObject} from './kube-object.ts';

/** The objects of one resource, in the order of namespace and name. Returned lists are never changed afterwards. */
export type SortedObjects = {
	get(namespace: string | undefined, name: string): KubeObject | undefined;
	/** Adds or replaces an object. Returns the one that was there before. */
	set(object: KubeObject): KubeObject | undefined;
	delete(namespace: string | undefined, name: string): KubeObject | undefined;
	list(namespace: string | undefined): readonly KubeObject[];
};

/** The index of a name, or where it would be inserted. */
function placeOf(objects: readonly KubeObject[], name: string): {readonly index: number; readonly found: boolean} {
	let low = 0;
	let high = objects.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((objects[middle]?.metadata.name ?? '') < name) low = middle + 1;
		else high = middle;
	}
	return {index: low, found: objects[low]?.metadata.name === name};
}

export function createSortedObjects(): SortedObjects {
	/** Objects by namespace, with a slash behind it: so the keys sort as those of etcd do. */
	const places = new Map<string, readonly KubeObject[]>();
	let all: readonly KubeObject[] | undefined;
	const placeName = (namespace: string | undefined) => `${namespace ?? ''}/`;

	return {
		get(namespace, name) {
			const objects = places.get(placeName(namespace)) ?? [];
			const {index, found} = placeOf(objects, name);
			return found ? objects[index] : undefined;
		},
		set(object) {
			const place = placeName(object.metadata.namespace);
			const objects = places.get(place) ?? [];
			const {index, found} = placeOf(objects, object.metadata.name);
			const next = objects.slice();
			const [before] = next.splice(index, found ? 1 : 0, object);
			places.set(place, next);
			all = undefined;
			return before;
		},
		delete(namespace, name) {
			const place = placeName(namespace);
			const objects = places.get(place) ?? [];
			const {index, found} = placeOf(objects, name);
			if (!found) return undefined;
			places.set(place, objects.toSpliced(index, 1));
			all = undefined;
			return objects[index];
		},
		list(namespace) {
			if (namespace !== undefined) return places.get(placeName(namespace)) ?? [];
			all ??= [...places.keys()].sort().flatMap(place => places.get(place) ?? []);
			return all;
		},
	};
}

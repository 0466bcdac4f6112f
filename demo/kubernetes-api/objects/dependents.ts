import type {KubeObject} from './kube-object.ts';

/** The objects of each owner. */
export type Dependents = {
	/** Puts `object` in place of `previous`, the one with its name; undefined: there is none. */
	replace(resource: string, previous: KubeObject | undefined, object: KubeObject | undefined): void;
	/** Those with an owner reference to this uid. */
	ownedBy(resource: string, uid: string): readonly KubeObject[];
};

const nameOf = ({metadata: {namespace, name}}: KubeObject) => `${namespace ?? ''}/${name}`;

export function createDependents(): Dependents {
	const owned = new Map<string, Map<string, KubeObject>>();
	return {
		replace(resource, previous, object) {
			for (const {uid} of previous?.metadata.ownerReferences ?? []) {
				if (previous !== undefined) owned.get(`${resource} ${uid}`)?.delete(nameOf(previous));
			}
			for (const {uid} of object?.metadata.ownerReferences ?? []) {
				const key = `${resource} ${uid}`;
				const known = owned.get(key) ?? new Map<string, KubeObject>();
				if (object !== undefined) owned.set(key, known.set(nameOf(object), object));
			}
		},
		ownedBy: (resource, uid) => [...(owned.get(`${resource} ${uid}`)?.values() ?? [])],
	};
}

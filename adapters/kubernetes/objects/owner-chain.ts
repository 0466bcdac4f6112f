import type {Context} from '../../../src/contract/context.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {ApiObject, KubernetesPort, ResourceType} from '../../../src/port/kubernetes.ts';
import type {Metadata, OwnerReference} from '../../../src/port/kubernetes-objects.ts';
import {controllerOf} from './owner-index.ts';

/** Kinds whose plural is not the lower-case name with an s: none of those that own pods. */
function typeOf({apiVersion, kind}: OwnerReference): ResourceType {
	const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
	return {group, version: version ?? 'v1', resource: `${kind.toLowerCase()}s`, namespaced: kind !== 'Node'};
}

export type Owner = {
	readonly kind: string;
	readonly name: string;
	readonly uid: string;
	/** Undefined when it cannot be read; `trouble` says why. */
	readonly object: ApiObject | undefined;
	readonly trouble: string | undefined;
};

/** No chain is longer; a circle would be. */
const maxChainLength = 6;

/** Who made it, and who made that: the nearest first. */
export async function readOwnerChain(port: KubernetesPort, of: Metadata, context: Context): Promise<readonly Owner[]> {
	const chain: Owner[] = [];
	let next = controllerOf(of);
	while (next !== undefined && chain.length < maxChainLength) {
		const {kind, name, uid} = next;
		try {
			const object = await port.get({type: typeOf(next), namespace: of.namespace, name}, context);
			chain.push({kind, name, uid, object, trouble: undefined});
			next = controllerOf(object.metadata);
		} catch (error) {
			if (!isAdapterError(error)) throw error;
			chain.push({kind, name, uid, object: undefined, trouble: error.message});
			next = undefined;
		}
	}
	return chain;
}

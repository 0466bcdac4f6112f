import type {Context} from '../../../src/contract/context.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {ApiObject, KubernetesPort, ResourceType} from '../../../src/port/kubernetes.ts';
import type {Metadata, OwnerReference} from '../../../src/port/kubernetes-objects.ts';
import {controllerOf} from './owner-index.ts';

/** The resource type of an owner. Every kind that owns pods has a plural that is its lower-case name with an s. */
function typeOf({apiVersion, kind}: OwnerReference): ResourceType {
	const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
	return {group, version: version ?? 'v1', resource: `${kind.toLowerCase()}s`, namespaced: kind !== 'Node'};
}

export type Owner = {
	readonly kind: string;
	readonly name: string;
	readonly uid: string;
	/** Undefined when it cannot be read; `readError` says why. */
	readonly object: ApiObject | undefined;
	readonly readError: string | undefined;
};

/** Ends the walk when owner references form a cycle. */
const maxChainLength = 6;

/** Reads the controller of an object, the controller of that, and so on: the nearest first. */
export async function readOwnerChain(port: KubernetesPort, of: Metadata, context: Context): Promise<readonly Owner[]> {
	const chain: Owner[] = [];
	let next = controllerOf(of);
	while (next !== undefined && chain.length < maxChainLength) {
		const {kind, name, uid} = next;
		try {
			const object = await port.get({type: typeOf(next), namespace: of.namespace, name}, context);
			chain.push({kind, name, uid, object, readError: undefined});
			next = controllerOf(object.metadata);
		} catch (error) {
			if (!isAdapterError(error)) throw error;
			chain.push({kind, name, uid, object: undefined, readError: error.message});
			next = undefined;
		}
	}
	return chain;
}

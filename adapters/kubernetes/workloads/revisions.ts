import type {Context} from '../../../src/contract/context.ts';
import type {ApiObject, KubernetesPort, ResourceType} from '../../../src/port/kubernetes.ts';
import type {LabelSelector} from '../../../src/port/kubernetes-objects.ts';
import {controllerOf, revisionOf, rolloutStartedAt} from '../objects/owner-index.ts';
import {childObject, type Json, podTemplateOf, selectorText, withoutTemplateHash} from '../objects/pod-template.ts';
import type {WorkloadRef} from '../objects/workload-ref.ts';
import {jsonHash} from './json-hash.ts';

/** One earlier or present state of a workload's template, as the server keeps it. */
export type Revision = {
	readonly revision: number;
	/** Of the ReplicaSet or ControllerRevision that holds it. Stays when the same template is rolled out again under a new number. */
	readonly uid: string;
	readonly name: string;
	/** What is put back: the template, or what a ControllerRevision holds. */
	readonly content: Json;
	readonly hash: string;
	readonly annotations: Readonly<Record<string, string>>;
	/** Epoch milliseconds; undefined when it came back, since nothing tells when that was. */
	readonly at: number | undefined;
	/** What whoever rolled it out wrote beside it: `kubernetes.io/change-cause`. */
	readonly changeCause: string | undefined;
};

const apps = (resource: string): ResourceType => ({group: 'apps', version: 'v1', resource, namespaced: true});

function revision(held: ApiObject, number: number, content: Json): Revision {
	const {uid, name, annotations = {}} = held.metadata;
	return {
		revision: number,
		uid,
		name,
		content,
		hash: jsonHash(content),
		annotations,
		at: rolloutStartedAt(held.metadata),
		changeCause: annotations['kubernetes.io/change-cause'],
	};
}

/**
 * The history of a workload, newest first: its ReplicaSets, or its ControllerRevisions.
 * https://github.com/kubernetes/kubectl/blob/v0.34.0/pkg/polymorphichelpers/history.go
 */
export async function readRevisions(
	port: KubernetesPort,
	ref: WorkloadRef,
	object: ApiObject,
	context: Context,
): Promise<readonly Revision[]> {
	const isDeployment = ref.kind === 'Deployment';
	const labelSelector = selectorText(childObject(object, 'spec', 'selector') as LabelSelector);
	const {items} = await port.list(
		{type: apps(isDeployment ? 'replicasets' : 'controllerrevisions'), namespace: ref.namespace, labelSelector},
		context,
	);
	const own = items.filter(item => controllerOf(item.metadata)?.uid === ref.uid);
	return own
		.map(item =>
			isDeployment
				? revision(item, revisionOf(item.metadata), withoutTemplateHash(podTemplateOf(item)))
				: revision(item, Number(item['revision'] ?? Number.NaN), childObject(item, 'data')),
		)
		.filter(each => !Number.isNaN(each.revision))
		.toSorted((a, b) => b.revision - a.revision);
}

import type {Context} from '../../../src/contract/context.ts';
import type {ApiObject, KubernetesPort, ResourceType} from '../../../src/port/kubernetes.ts';
import type {LabelSelector} from '../../../src/port/kubernetes-objects.ts';
import type {JsonObject} from '../../../src/text/json-values.ts';
import {controllerOf, revisionOf, rolloutStartedAt} from '../objects/owner-index.ts';
import {childObject, podTemplateOf, selectorText, withoutTemplateHash} from '../objects/pod-template.ts';
import type {WorkloadRef} from '../objects/workload-ref.ts';
import {jsonHash} from './json-hash.ts';

/** One stored revision of a workload's template. */
export type Revision = {
	readonly revision: number;
	/** Uid of the ReplicaSet or ControllerRevision that holds it. Unchanged when the same template is rolled out again under a new number. */
	readonly uid: string;
	readonly name: string;
	/** What a rollback restores: the template, or the `data` of a ControllerRevision. */
	readonly content: JsonObject;
	readonly hash: string;
	readonly annotations: Readonly<Record<string, string>>;
	/** Epoch milliseconds when it was rolled out; undefined after a rollback to it, whose time the API does not record. */
	readonly at: number | undefined;
	/** The annotation `kubernetes.io/change-cause`. */
	readonly changeCause: string | undefined;
};

const apps = (resource: string): ResourceType => ({group: 'apps', version: 'v1', resource, namespaced: true});

function revision(holder: ApiObject, number: number, content: JsonObject): Revision {
	const {uid, name, annotations = {}} = holder.metadata;
	return {
		revision: number,
		uid,
		name,
		content,
		hash: jsonHash(content),
		annotations,
		at: rolloutStartedAt(holder.metadata),
		changeCause: annotations['kubernetes.io/change-cause'],
	};
}

/**
 * Reads the rollout history of a workload from its ReplicaSets or ControllerRevisions, newest first.
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

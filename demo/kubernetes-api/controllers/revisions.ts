import type {FakeCluster} from '../cluster.ts';
import {hashName} from '../objects/generated-names.ts';
import type {ControllerRevision, PodTemplate, WorkloadSpec} from '../objects/kinds.ts';
import {equalJson, type KubeObject, ownerReference} from '../objects/kube-object.ts';

/** What a stateful or daemon set stores of each template it had: a patch that restores it. */
const templateData = (template: PodTemplate): object => ({spec: {template: {...template, $patch: 'replace'}}});

/** Returns the revision of the current template. If the newest is another, renumbers an equal older one or creates one. */
export function ensureCurrentRevision(
	cluster: FakeCluster,
	owner: KubeObject & {readonly spec: WorkloadSpec},
): ControllerRevision {
	const {store} = cluster;
	const {metadata, spec} = owner;
	const known = store
		.ownedBy<ControllerRevision>('controllerrevisions.apps', metadata.uid)
		.toSorted((a, b) => a.revision - b.revision);
	const newest = known.at(-1);
	const data = templateData(spec.template);
	const same = known.findLast(each => equalJson(each.data, data));
	if (same !== undefined && same === newest) return same;
	const revision = (newest?.revision ?? 0) + 1;
	if (same !== undefined) return store.put('controllerrevisions.apps', {...same, revision});
	const hash = hashName(spec.template);
	return store.put<ControllerRevision>('controllerrevisions.apps', {
		apiVersion: 'apps/v1',
		kind: 'ControllerRevision',
		metadata: cluster.newMetadata(`${metadata.name}-${hash}`, {
			...(metadata.namespace === undefined ? {} : {namespace: metadata.namespace}),
			labels: {...spec.template.metadata?.labels, [revisionLabel]: hash},
			ownerReferences: [ownerReference(owner)],
		}),
		data,
		revision,
	});
}

/** Key of the label with which a pod names its revision: the hash for daemon sets, the full name of the revision for stateful sets. */
export const revisionLabel = 'controller-revision-hash';

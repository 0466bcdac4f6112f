import type {PodRow, Rollout, Workload} from '../../../src/model/kubernetes/pod.ts';
import {parseTimestamp} from '../../../src/model/kubernetes/pod-status.ts';
import {
	daemonSetRollout,
	deploymentRollout,
	type RolloutState,
	statefulSetRollout,
} from '../../../src/model/kubernetes/rollout.ts';
import {type RolledOutKind, summarizePods, type WorkloadFacts} from '../../../src/model/kubernetes/workload.ts';
import type {
	DaemonSetObject,
	DeploymentObject,
	Metadata,
	PodTemplate,
	StatefulSetObject,
} from '../../../src/port/kubernetes-objects.ts';
import {controllerOf, type OwnerIndex, revisionOf} from '../objects/owner-index.ts';
import type {WorkloadPolicies} from './workload-policies.ts';

/** What the three kinds have in common, each by its own rules. */
type WorkloadCounts = {
	readonly kind: RolledOutKind;
	readonly metadata: Metadata;
	readonly template: PodTemplate | undefined;
	readonly replicas: number | undefined;
	readonly paused: boolean;
	readonly desired: number;
	readonly ready: number;
	readonly updated: number;
	readonly state: RolloutState;
	readonly rolling: boolean;
	/** Of the ReplicaSet or ControllerRevision that is the present one. */
	readonly present: string | undefined;
	readonly refused: string | undefined;
};

export function countDeployment(object: DeploymentObject, presentSets: ReadonlyMap<string, string>): WorkloadCounts {
	const {metadata, spec, status} = object;
	const {updatedReplicas: updated = 0, readyReplicas: ready = 0, replicas = 0} = status ?? {};
	const desired = spec?.replicas ?? 1;
	const state = deploymentRollout(object);
	const condition = (type: string) => status?.conditions?.find(each => each.type === type);
	// What was complete stays so when a pod of it is lost: only a change of the template or the count makes it progress again.
	const isComplete = condition('Progressing')?.reason === 'NewReplicaSetAvailable';
	const failure = condition('ReplicaFailure');
	return {
		kind: 'Deployment',
		metadata,
		template: spec?.template,
		replicas: desired,
		paused: spec?.paused === true,
		desired,
		ready,
		updated,
		state,
		rolling: state.state !== 'done' && (!isComplete || updated < desired || replicas > updated),
		present: presentSets.get(metadata.uid),
		refused: failure?.status === 'True' ? (failure.message ?? failure.reason) : undefined,
	};
}

export function countStatefulSet(object: StatefulSetObject, above: OwnerIndex): WorkloadCounts {
	const {metadata, spec, status} = object;
	const {updatedReplicas = 0, readyReplicas: ready = 0, replicas = 0, updateRevision, currentRevision} = status ?? {};
	const isRolled = updateRevision === currentRevision;
	const state = statefulSetRollout(object);
	const named = above.controllerRevisions.get(`${metadata.namespace}/${updateRevision ?? ''}`);
	const desired = spec?.replicas ?? 1;
	const partition = spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
	return {
		kind: 'StatefulSet',
		metadata,
		template: spec?.template,
		replicas: desired,
		paused: false,
		desired,
		ready,
		updated: isRolled ? Math.min(desired, replicas) : updatedReplicas,
		state,
		// Of a rollout of a part nothing is under way once that part is new, though both revisions stay.
		rolling: state.state === 'waiting' && !isRolled && (partition === 0 || updatedReplicas < desired - partition),
		present: named?.metadata.uid,
		refused: undefined,
	};
}

export function countDaemonSet(object: DaemonSetObject, presentRevisions: ReadonlyMap<string, string>): WorkloadCounts {
	const {metadata, spec, status} = object;
	const {
		desiredNumberScheduled: desired = 0,
		updatedNumberScheduled: updated = 0,
		numberReady: ready = 0,
	} = status ?? {};
	const state = daemonSetRollout(object);
	return {
		kind: 'DaemonSet',
		metadata,
		template: spec?.template,
		replicas: undefined,
		paused: false,
		desired,
		ready,
		updated,
		state,
		rolling: state.state === 'waiting' && updated < desired,
		present: presentRevisions.get(metadata.uid),
		refused: undefined,
	};
}

/** By the uid of a workload, the uid of its newest ReplicaSet or ControllerRevision. */
export function currentRevisionUids(above: OwnerIndex): ReadonlyMap<string, string> {
	const newest = new Map<string, {readonly uid: string; readonly revision: number}>();
	const all = [...above.replicaSets.values(), ...above.controllerRevisions.values()];
	for (const {metadata} of all) {
		const owner = controllerOf(metadata)?.uid;
		const revision = above.rollouts.get(metadata.uid)?.revision;
		if (owner === undefined || revision === undefined || revision <= (newest.get(owner)?.revision ?? -1)) continue;
		newest.set(owner, {uid: metadata.uid, revision});
	}
	return new Map([...newest].map(([owner, {uid}]) => [owner, uid]));
}

/** `seen`: when we saw it become the present one, which dates what nothing else does. */
export function workloadFacts(
	counted: WorkloadCounts,
	above: OwnerIndex,
	pods: readonly PodRow[],
	policies: WorkloadPolicies,
	warning: string | undefined,
	seen: (uid: string, rollout: Rollout | undefined) => Rollout | undefined,
): WorkloadFacts {
	const {kind, metadata, template, replicas, paused, present, ...counts} = counted;
	const {uid, name, namespace} = metadata;
	const rollout = seen(uid, present === undefined ? undefined : above.rollouts.get(present));
	const number = kind === 'Deployment' ? revisionOf(metadata) : Number.NaN;
	const revision = Number.isNaN(number) ? rollout?.revision : number;
	const workload: Workload = {kind, name, uid, paused, replicas};
	const isShort = pods.length < counts.desired;
	return {
		uid,
		namespace,
		name,
		owner: name,
		kind,
		workload,
		...counts,
		revision,
		rollout: rollout?.revision === revision ? rollout : undefined,
		refused: counts.refused ?? (isShort ? warning : undefined),
		autoscaler: policies.autoscaler(namespace, kind, name),
		budgets: policies.budgets(namespace, template?.metadata?.labels ?? {}),
		pods: summarizePods(pods, revision),
		createdAt: parseTimestamp(metadata.creationTimestamp) ?? 0,
	};
}

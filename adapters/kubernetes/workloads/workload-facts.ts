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

/** Counts and state of a Deployment, StatefulSet or DaemonSet, in common terms. */
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
	/** Uid of the current ReplicaSet or ControllerRevision. */
	readonly currentUid: string | undefined;
	readonly refused: string | undefined;
};

export function countDeployment(object: DeploymentObject, currentSets: ReadonlyMap<string, string>): WorkloadCounts {
	const {metadata, spec, status} = object;
	const {updatedReplicas: updated = 0, readyReplicas: ready = 0, replicas = 0} = status ?? {};
	const desired = spec?.replicas ?? 1;
	const state = deploymentRollout(object);
	const condition = (type: string) => status?.conditions?.find(each => each.type === type);
	// A complete Deployment stays complete when a pod is lost: only a change of the template or the replicas starts progress again.
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
		currentUid: currentSets.get(metadata.uid),
		refused: failure?.status === 'True' ? (failure.message ?? failure.reason) : undefined,
	};
}

export function countStatefulSet(object: StatefulSetObject, owners: OwnerIndex): WorkloadCounts {
	const {metadata, spec, status} = object;
	const {updatedReplicas = 0, readyReplicas: ready = 0, replicas = 0, updateRevision, currentRevision} = status ?? {};
	const isRolled = updateRevision === currentRevision;
	const state = statefulSetRollout(object);
	const named = owners.controllerRevisions.get(`${metadata.namespace}/${updateRevision ?? ''}`);
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
		// A partitioned rollout is finished once its partition is updated, though both revisions remain.
		rolling: state.state === 'waiting' && !isRolled && (partition === 0 || updatedReplicas < desired - partition),
		currentUid: named?.metadata.uid,
		refused: undefined,
	};
}

export function countDaemonSet(object: DaemonSetObject, currentRevisions: ReadonlyMap<string, string>): WorkloadCounts {
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
		currentUid: currentRevisions.get(metadata.uid),
		refused: undefined,
	};
}

/** Maps the uid of a workload to the uid of its newest ReplicaSet or ControllerRevision. */
export function currentRevisionUids(owners: OwnerIndex): ReadonlyMap<string, string> {
	const newest = new Map<string, {readonly uid: string; readonly revision: number}>();
	const all = [...owners.replicaSets.values(), ...owners.controllerRevisions.values()];
	for (const {metadata} of all) {
		const owner = controllerOf(metadata)?.uid;
		const revision = owners.rollouts.get(metadata.uid)?.revision;
		if (owner === undefined || revision === undefined || revision <= (newest.get(owner)?.revision ?? -1)) continue;
		newest.set(owner, {uid: metadata.uid, revision});
	}
	return new Map([...newest].map(([owner, {uid}]) => [owner, uid]));
}

/** `dateRollout` gives a rollout the time at which we saw it become the current one, where the API does not record it. */
export function workloadFacts(
	counted: WorkloadCounts,
	owners: OwnerIndex,
	pods: readonly PodRow[],
	policies: WorkloadPolicies,
	warning: string | undefined,
	dateRollout: (uid: string, rollout: Rollout | undefined) => Rollout | undefined,
): WorkloadFacts {
	const {kind, metadata, template, replicas, paused, currentUid, ...counts} = counted;
	const {uid, name, namespace} = metadata;
	const rollout = dateRollout(uid, currentUid === undefined ? undefined : owners.rollouts.get(currentUid));
	const number = kind === 'Deployment' ? revisionOf(metadata) : Number.NaN;
	const revision = Number.isNaN(number) ? rollout?.revision : number;
	const workload: Workload = {kind, name, uid, paused, replicas};
	const isShort = pods.length < counts.desired;
	return {
		uid,
		namespace,
		name,
		owner: name,
		workloadKind: kind,
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

import type {Rollout, Workload} from '../../src/model/pod.ts';
import {moment} from '../../src/model/pod-status.ts';
import type {
	DeploymentObject,
	Metadata,
	OwnerReference,
	ReplicaSetObject,
	StatefulSetObject,
} from '../../src/port/kubernetes-objects.ts';

/** What stands above pods, as far as it is watched. By uid. */
export type Above = {
	readonly replicaSets: ReadonlyMap<string, ReplicaSetObject>;
	readonly deployments: ReadonlyMap<string, DeploymentObject>;
	readonly statefulSets: ReadonlyMap<string, StatefulSetObject>;
	/** Revision of the first ReplicaSet that is still there, by the uid of its Deployment. */
	readonly firstRevisions: ReadonlyMap<string, number>;
};

export const revisionAnnotation = 'deployment.kubernetes.io/revision';

export const revisionOf = (metadata: Metadata): number =>
	Number(metadata.annotations?.[revisionAnnotation] ?? Number.NaN);

export const controllerOf = (metadata: Metadata): OwnerReference | undefined =>
	metadata.ownerReferences?.find(owner => owner.controller === true);

export function aboveOf(
	replicaSets: ReadonlyMap<string, ReplicaSetObject>,
	deployments: ReadonlyMap<string, DeploymentObject> = new Map(),
	statefulSets: ReadonlyMap<string, StatefulSetObject> = new Map(),
): Above {
	const firstRevisions = new Map<string, number>();
	for (const {metadata} of replicaSets.values()) {
		const owner = controllerOf(metadata);
		const revision = revisionOf(metadata);
		if (owner === undefined || Number.isNaN(revision)) continue;
		firstRevisions.set(owner.uid, Math.min(firstRevisions.get(owner.uid) ?? revision, revision));
	}
	return {replicaSets, deployments, statefulSets, firstRevisions};
}

/** A ReplicaSet that a Deployment made is called like it, with the hash of its template behind. */
function deploymentName(set: string, hash: string | undefined): string | undefined {
	return hash !== undefined && set.endsWith(`-${hash}`) ? set.slice(0, -hash.length - 1) : undefined;
}

/** The workload that brings a pod back, and the rollout it came with. */
export function workloadOf(
	metadata: Metadata,
	above: Above,
): {readonly workload: Workload | undefined; readonly rollout: Rollout | undefined} {
	const owner = controllerOf(metadata);
	if (owner === undefined || owner.kind === 'Node') return {workload: undefined, rollout: undefined};
	const {kind, name, uid} = owner;
	if (kind !== 'ReplicaSet') {
		const replicas = above.statefulSets.get(uid)?.spec?.replicas;
		return {workload: {kind, name, uid, paused: false, replicas}, rollout: undefined};
	}
	const set = above.replicaSets.get(uid);
	if (set === undefined) {
		// Replica sets cannot be read: the name alone tells, but not what may be acted on.
		const likely = deploymentName(name, metadata.labels?.['pod-template-hash']);
		const found = {
			kind: likely === undefined ? 'ReplicaSet' : 'Deployment',
			name: likely ?? name,
			uid: '',
			paused: false,
			replicas: undefined,
		};
		return {workload: found, rollout: undefined};
	}
	const parent = controllerOf(set.metadata);
	if (parent === undefined) {
		return {workload: {kind, name, uid, paused: false, replicas: set.spec?.replicas}, rollout: undefined};
	}
	const revision = revisionOf(set.metadata);
	const at = moment(set.metadata.creationTimestamp);
	const first = (above.firstRevisions.get(parent.uid) ?? revision) >= revision;
	const {paused = false, replicas} = above.deployments.get(parent.uid)?.spec ?? {};
	return {
		workload: {kind: parent.kind, name: parent.name, uid: parent.uid, paused, replicas},
		rollout: Number.isNaN(revision) || at === undefined ? undefined : {revision, at, first},
	};
}

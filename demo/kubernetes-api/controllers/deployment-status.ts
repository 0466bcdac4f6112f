import type {FakeCluster} from '../cluster.ts';
import {resolveIntOrPercent} from '../objects/budgets.ts';
import {
	type Condition,
	conditionOf,
	type Deployment,
	type DeploymentStatus,
	type ReplicaSet,
} from '../objects/kinds.ts';
import {equalJson, parseTimestamp} from '../objects/kube-object.ts';

const total = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined) =>
	sets.reduce((sum, set) => sum + (count(set) ?? 0), 0);

/**
 * Computes the progress of a rollout by the rules of pkg/controller/deployment/progress.go. Returns when its deadline
 * passes (epoch milliseconds), while it is in progress.
 */
export function deploymentStatus(
	cluster: FakeCluster,
	deployment: Deployment,
	sets: readonly ReplicaSet[],
	fresh: ReplicaSet | undefined,
	news: 'created' | undefined,
): number | undefined {
	const {spec, metadata} = deployment;
	const before = deployment.status;
	const replicas = total(sets, set => set.status.replicas);
	const availableReplicas = total(sets, set => set.status.availableReplicas);
	const counts = {
		observedGeneration: metadata.generation ?? 1,
		replicas,
		updatedReplicas: fresh?.status.replicas ?? 0,
		readyReplicas: total(sets, set => set.status.readyReplicas),
		availableReplicas,
		unavailableReplicas: Math.max(0, total(sets, set => set.spec.replicas) - availableReplicas),
	};
	const enough = availableReplicas >= spec.replicas - unavailableBound(deployment);
	const available = next(cluster, before.conditions, {
		type: 'Available',
		status: enough ? 'True' : 'False',
		reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
		message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
	});
	const progressing = progress(cluster, deployment, counts, fresh, news);
	const status: DeploymentStatus = {
		...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
		conditions: [available, ...(progressing === undefined ? [] : [progressing])],
	};
	if (!equalJson(status, before)) cluster.store.put('deployments.apps', {...deployment, status});
	const under = progressing?.status === 'True' && progressing.reason !== 'NewReplicaSetAvailable';
	const since = parseTimestamp(progressing?.lastUpdateTime);
	return under && since !== undefined ? since + deadlineMs(deployment) : undefined;
}

const deadlineMs = ({spec}: Deployment) => (spec.progressDeadlineSeconds ?? 600) * 1000;

function unavailableBound({spec}: Deployment): number {
	if (spec.strategy?.type === 'Recreate') return 0;
	return resolveIntOrPercent(spec.strategy?.rollingUpdate?.maxUnavailable ?? '25%', spec.replicas, Math.floor);
}

type Counts = Required<Omit<DeploymentStatus, 'conditions' | 'collisionCount'>>;

function progress(
	cluster: FakeCluster,
	{spec, status, metadata}: Deployment,
	counts: Counts,
	fresh: ReplicaSet | undefined,
	news: 'created' | undefined,
): Condition | undefined {
	const before = conditionOf(status.conditions, 'Progressing');
	const say = (word: 'True' | 'False' | 'Unknown', reason: string, message: string) =>
		next(cluster, status.conditions, {type: 'Progressing', status: word, reason, message});
	if (spec.paused === true) {
		return before?.reason === 'DeploymentPaused' ? before : say('Unknown', 'DeploymentPaused', 'Deployment is paused');
	}
	const name = `ReplicaSet "${fresh?.metadata.name ?? metadata.name}"`;
	const complete =
		counts.updatedReplicas === spec.replicas &&
		counts.replicas === spec.replicas &&
		counts.availableReplicas === spec.replicas;
	if (complete) {
		if (before?.reason === 'NewReplicaSetAvailable' && before.message?.startsWith(name)) return before;
		return say('True', 'NewReplicaSetAvailable', `${name} has successfully progressed.`);
	}
	if (news === 'created')
		return say('True', 'NewReplicaSetCreated', `Created new replica set "${fresh?.metadata.name}"`);
	const oldReplicas = (counts: DeploymentStatus | Counts) => (counts.replicas ?? 0) - (counts.updatedReplicas ?? 0);
	const further =
		counts.updatedReplicas > (status.updatedReplicas ?? 0) ||
		oldReplicas(counts) < oldReplicas(status) ||
		counts.readyReplicas > (status.readyReplicas ?? 0) ||
		counts.availableReplicas > (status.availableReplicas ?? 0);
	const other = before?.message !== undefined && fresh !== undefined && !before.message.includes(fresh.metadata.name);
	if (further || before === undefined || other || before.reason === 'DeploymentPaused') {
		return say('True', 'ReplicaSetUpdated', `${name} is progressing.`);
	}
	const since = parseTimestamp(before.lastUpdateTime) ?? cluster.clock.now();
	const late = cluster.clock.now() - since >= (spec.progressDeadlineSeconds ?? 600) * 1000;
	if (late && before.status === 'True' && before.reason !== 'NewReplicaSetAvailable') {
		return say('False', 'ProgressDeadlineExceeded', `${name} has timed out progressing.`);
	}
	return before;
}

function next(
	cluster: FakeCluster,
	conditions: readonly Condition[] | undefined,
	condition: Omit<Condition, 'lastTransitionTime'>,
): Condition {
	const time = cluster.time();
	const before = conditionOf(conditions, condition.type);
	const same = before?.status === condition.status;
	if (same && before.reason === condition.reason && condition.type === 'Available') return before;
	return {...condition, lastUpdateTime: time, lastTransitionTime: same ? before.lastTransitionTime : time};
}

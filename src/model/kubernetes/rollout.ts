import type {DaemonSetObject, DeploymentObject, StatefulSetObject} from '../../port/kubernetes-objects.ts';

/** State of a rollout. `untracked`: it proceeds only when pods are deleted manually. */
export type RolloutState = {readonly state: 'done' | 'waiting' | 'failed' | 'untracked'; readonly detail: string};

const waiting = (detail: string): RolloutState => ({state: 'waiting', detail});
const done = (detail: string): RolloutState => ({state: 'done', detail});
const notObserved = waiting('the controller has not seen the change yet');

/*
 * The rules of `kubectl rollout status`.
 * https://github.com/kubernetes/kubectl/blob/v0.34.0/pkg/polymorphichelpers/rollout_status.go
 */

export function deploymentRollout({metadata, spec, status}: DeploymentObject): RolloutState {
	if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) return notObserved;
	const progress = status?.conditions?.find(condition => condition.type === 'Progressing');
	if (progress?.reason === 'ProgressDeadlineExceeded') {
		return {state: 'failed', detail: 'it made no progress within its deadline (ProgressDeadlineExceeded)'};
	}
	const wanted = spec?.replicas ?? 1;
	const {updatedReplicas = 0, replicas = 0, availableReplicas = 0} = status ?? {};
	if (updatedReplicas < wanted) return waiting(`${updatedReplicas} of ${wanted} new pods exist`);
	if (replicas > updatedReplicas) return waiting(`${replicas - updatedReplicas} old pods are still terminating`);
	if (availableReplicas < updatedReplicas) {
		return waiting(`${availableReplicas} of ${updatedReplicas} new pods are available`);
	}
	return done(`all ${wanted} pods are new and available`);
}

export function daemonSetRollout({metadata, spec, status}: DaemonSetObject): RolloutState {
	if (spec?.updateStrategy?.type === 'OnDelete') {
		return {
			state: 'untracked',
			detail: 'its update strategy is OnDelete: each pod is replaced only after it is deleted',
		};
	}
	if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) return notObserved;
	const {desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0} = status ?? {};
	if (updatedNumberScheduled < desiredNumberScheduled) {
		return waiting(`${updatedNumberScheduled} of ${desiredNumberScheduled} new pods exist`);
	}
	if (numberAvailable < desiredNumberScheduled) {
		return waiting(`${numberAvailable} of ${desiredNumberScheduled} new pods are available`);
	}
	return done(`all ${desiredNumberScheduled} pods are new and available`);
}

export function statefulSetRollout({metadata, spec, status}: StatefulSetObject): RolloutState {
	if (spec?.updateStrategy?.type === 'OnDelete') {
		return {
			state: 'untracked',
			detail: 'its update strategy is OnDelete: each pod is replaced only after it is deleted',
		};
	}
	const {
		observedGeneration = 0,
		readyReplicas = 0,
		updatedReplicas = 0,
		updateRevision,
		currentRevision,
	} = status ?? {};
	if (observedGeneration === 0 || (metadata.generation ?? 0) > observedGeneration) return notObserved;
	const wanted = spec?.replicas ?? 1;
	if (readyReplicas < wanted) return waiting(`${readyReplicas} of ${wanted} pods are ready`);
	// The server fills in `rollingUpdate: {partition: 0}`, so that only a partition above 0 means a rollout of a part.
	const partition = spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
	if (partition > 0) {
		const part = Math.max(0, wanted - partition);
		if (updatedReplicas < part) return waiting(`${updatedReplicas} of ${part} new pods exist (partition ${partition})`);
		return done(`${updatedReplicas} pods from ordinal ${partition} on are new`);
	}
	if (updateRevision !== currentRevision) return waiting(`${updatedReplicas} of ${wanted} pods are new`);
	return done(`all ${wanted} pods are new and ready`);
}

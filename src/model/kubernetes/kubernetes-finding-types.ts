import {defineFindingType} from '../../contract/finding-type.ts';

/* The ids in each list: the best first. */

const workloadInspections = [
	'kubernetes.describe-workload',
	'kubernetes.events',
	'kubernetes.owners',
	'kubernetes.logs',
	'kubernetes.yaml',
] as const;

/** Pods of one workload are unhealthy for the same reason. */
export const podsUnhealthy = defineFindingType({
	type: 'kubernetes.pods-unhealthy',
	actions: [
		'kubernetes.delete-pod',
		'kubernetes.undo-rollout',
		'kubernetes.scale',
		'kubernetes.restart',
		'kubernetes.evict-pod',
	],
	inspections: ['kubernetes.describe-pod', 'kubernetes.logs', 'kubernetes.events', 'kubernetes.owners'],
});

/** Pods of several workloads on one node were deleted and are still there. */
export const podsNotEnding = defineFindingType({
	type: 'kubernetes.pods-not-ending',
	actions: ['kubernetes.delete-pod'],
	inspections: ['kubernetes.describe-pod', 'kubernetes.events'],
});

export const jobFailed = defineFindingType({
	type: 'kubernetes.job-failed',
	actions: [],
	inspections: workloadInspections,
});

/** A rollout failed, makes no progress, or cannot create pods. */
export const rolloutStuck = defineFindingType({
	type: 'kubernetes.rollout-stuck',
	actions: ['kubernetes.undo-rollout'],
	inspections: workloadInspections,
});

/** An autoscaler is at its maximum, or cannot scale. */
export const autoscalerLimited = defineFindingType({
	type: 'kubernetes.autoscaler-limited',
	actions: [],
	inspections: workloadInspections,
});

/** A PodDisruptionBudget allows no eviction. */
export const budgetBlocksEvictions = defineFindingType({
	type: 'kubernetes.budget-blocks-evictions',
	actions: [],
	inspections: workloadInspections,
});

export const nodeNotReady = defineFindingType({
	type: 'kubernetes.node-not-ready',
	actions: [],
	inspections: ['kubernetes.describe-node'],
});

/** A node is ready and reports pressure, or its CPU or memory is almost used up. */
export const nodePressure = defineFindingType({
	type: 'kubernetes.node-pressure',
	actions: [],
	inspections: ['kubernetes.describe-node'],
});

const usageInspections = ['kubernetes.describe-pod-usage', 'kubernetes.logs', 'kubernetes.events'] as const;

export const podMemoryNearLimit = defineFindingType({
	type: 'kubernetes.pod-memory-near-limit',
	actions: [],
	inspections: usageInspections,
});

export const podCpuThrottled = defineFindingType({
	type: 'kubernetes.pod-cpu-throttled',
	actions: [],
	inspections: usageInspections,
});

export const kubernetesFindingTypes = [
	podsUnhealthy,
	podsNotEnding,
	jobFailed,
	rolloutStuck,
	autoscalerLimited,
	budgetBlocksEvictions,
	nodeNotReady,
	nodePressure,
	podMemoryNearLimit,
	podCpuThrottled,
] as const;

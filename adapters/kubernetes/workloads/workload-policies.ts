import {parseTimestamp} from '../../../src/model/kubernetes/pod-status.ts';
import type {WorkloadAutoscaler, WorkloadBudget} from '../../../src/model/kubernetes/workload.ts';
import type {AutoscalerObject, DisruptionBudgetObject, StringMap} from '../../../src/port/kubernetes-objects.ts';
import {matchesSelector} from '../objects/pod-template.ts';

/** Lookup of the autoscaler and the disruption budgets of a workload. */
export type WorkloadPolicies = {
	autoscaler(namespace: string, kind: string, name: string): WorkloadAutoscaler | undefined;
	/** Budgets that cover pods with these labels. */
	budgets(namespace: string, labels: StringMap): readonly WorkloadBudget[];
};

/** The reason of an autoscaler that is disabled because the workload was scaled to zero: that is no failure. */
const scalingDisabledReason = 'ScalingDisabled';

function toWorkloadAutoscaler({metadata, spec, status}: AutoscalerObject): WorkloadAutoscaler {
	const condition = (type: string) => status?.conditions?.find(each => each.type === type);
	const limit = condition('ScalingLimited');
	const failed = ['ScalingActive', 'AbleToScale']
		.map(condition)
		.find(each => each?.status === 'False' && each.reason !== scalingDisabledReason);
	const limited = limit?.status === 'True' && limit.reason === 'TooManyReplicas';
	const since = parseTimestamp((failed ?? (limited ? limit : undefined))?.lastTransitionTime);
	return {
		...(since === undefined ? {} : {since}),
		name: metadata.name,
		min: spec?.minReplicas ?? 1,
		max: spec?.maxReplicas ?? 0,
		current: status?.currentReplicas ?? 0,
		limited,
		failing: failed === undefined ? undefined : [failed.reason, failed.message].filter(Boolean).join(': '),
	};
}

function toWorkloadBudget({metadata, status}: DisruptionBudgetObject): WorkloadBudget {
	const {disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0, expectedPods = 0} = status ?? {};
	const none = status?.conditions?.find(({type, status: is}) => type === 'DisruptionAllowed' && is === 'False');
	const since = parseTimestamp(none?.lastTransitionTime);
	return {
		...(since === undefined ? {} : {since}),
		uid: metadata.uid,
		name: metadata.name,
		allowed: disruptionsAllowed,
		healthy: currentHealthy,
		needed: desiredHealthy,
		expected: expectedPods,
	};
}

export function indexWorkloadPolicies(
	autoscalers: Iterable<AutoscalerObject>,
	budgets: Iterable<DisruptionBudgetObject>,
): WorkloadPolicies {
	const scaled = new Map(
		[...autoscalers].map(each => {
			const {kind = '', name = ''} = each.spec?.scaleTargetRef ?? {};
			return [`${each.metadata.namespace}/${kind}/${name}`, each];
		}),
	);
	const covered = Map.groupBy(budgets, ({metadata}) => metadata.namespace);
	return {
		autoscaler(namespace, kind, name) {
			const autoscaler = scaled.get(`${namespace}/${kind}/${name}`);
			return autoscaler && toWorkloadAutoscaler(autoscaler);
		},
		budgets: (namespace, labels) =>
			(covered.get(namespace) ?? []).filter(({spec}) => matchesSelector(spec?.selector, labels)).map(toWorkloadBudget),
	};
}

import {moment} from '../../../src/model/kubernetes/pod-status.ts';
import type {Autoscaler, Budget} from '../../../src/model/kubernetes/workload.ts';
import type {AutoscalerObject, DisruptionBudgetObject, Words} from '../../../src/port/kubernetes-objects.ts';
import {selects} from '../objects/pod-template.ts';

/** What watches over workloads besides their controllers. */
export type Policies = {
	autoscaler(namespace: string, kind: string, name: string): Autoscaler | undefined;
	/** Those that cover pods with these labels. */
	budgets(namespace: string, labels: Words): readonly Budget[];
};

/** An autoscaler that was switched off by scaling to zero does what it was told. */
const switchedOff = 'ScalingDisabled';

function autoscalerOf({metadata, spec, status}: AutoscalerObject): Autoscaler {
	const condition = (type: string) => status?.conditions?.find(each => each.type === type);
	const limit = condition('ScalingLimited');
	const failed = ['ScalingActive', 'AbleToScale']
		.map(condition)
		.find(each => each?.status === 'False' && each.reason !== switchedOff);
	const limited = limit?.status === 'True' && limit.reason === 'TooManyReplicas';
	const since = moment((failed ?? (limited ? limit : undefined))?.lastTransitionTime);
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

function budgetOf({metadata, status}: DisruptionBudgetObject): Budget {
	const {disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0, expectedPods = 0} = status ?? {};
	const none = status?.conditions?.find(({type, status: is}) => type === 'DisruptionAllowed' && is === 'False');
	const since = moment(none?.lastTransitionTime);
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

export function policiesOf(
	autoscalers: Iterable<AutoscalerObject>,
	budgets: Iterable<DisruptionBudgetObject>,
): Policies {
	const scaled = new Map(
		[...autoscalers].map(each => {
			const {kind = '', name = ''} = each.spec?.scaleTargetRef ?? {};
			return [`${each.metadata.namespace}/${kind}/${name}`, each];
		}),
	);
	const covered = Map.groupBy(budgets, ({metadata}) => metadata.namespace);
	return {
		autoscaler(namespace, kind, name) {
			const found = scaled.get(`${namespace}/${kind}/${name}`);
			return found && autoscalerOf(found);
		},
		budgets: (namespace, labels) =>
			(covered.get(namespace) ?? []).filter(({spec}) => selects(spec?.selector, labels)).map(budgetOf),
	};
}

import type {DisruptionBudgetObject} from '../../../src/port/kubernetes-objects.ts';
import {matchesSelector} from '../objects/pod-template.ts';

/** The budgets that cover a pod. */
export const budgetsCoveringPod = (
	budgets: Iterable<DisruptionBudgetObject>,
	pod: {readonly namespace: string; readonly labels: Readonly<Record<string, string>>},
): readonly DisruptionBudgetObject[] =>
	[...budgets].filter(
		({metadata, spec}) => metadata.namespace === pod.namespace && matchesSelector(spec?.selector, pod.labels),
	);

/** `api allows 0 more (5 healthy, 5 needed)`. */
export const budgetText = ({metadata, status}: DisruptionBudgetObject): string =>
	`${metadata.name} allows ${status?.disruptionsAllowed ?? 0} more (${status?.currentHealthy ?? 0} healthy, ${status?.desiredHealthy ?? 0} needed)`;

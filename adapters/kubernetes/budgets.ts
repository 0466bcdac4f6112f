import type {Context} from '../../src/contract.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import type {DisruptionBudgetObject} from '../../src/port/kubernetes-objects.ts';
import {selects} from './template.ts';
import {besides} from './watching.ts';

/** The disruption budgets that a pod falls under. */
export async function budgetsOf(
	port: KubernetesPort,
	pod: {readonly namespace: string; readonly labels: Readonly<Record<string, string>>},
	context: Context,
): Promise<readonly DisruptionBudgetObject[]> {
	const {objects} = await besides(port, 'poddisruptionbudgets', '', context);
	return [...objects.values()].filter(
		({metadata, spec}) => metadata.namespace === pod.namespace && selects(spec?.selector, pod.labels),
	);
}

/** `api allows 0 more (5 healthy, 5 needed)`. */
export const budgetText = ({metadata, status}: DisruptionBudgetObject): string =>
	`${metadata.name} allows ${status?.disruptionsAllowed ?? 0} more (${status?.currentHealthy ?? 0} healthy, ${status?.desiredHealthy ?? 0} needed)`;

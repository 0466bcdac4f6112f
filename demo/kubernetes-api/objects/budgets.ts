import type {FakeCluster} from '../cluster.ts';
import {isActive, isReady, type Pod, type PodDisruptionBudget} from './kinds.ts';
import {controllerOf, equalJson} from './kube-object.ts';
import {matchesSelector} from './selectors.ts';

/** `2` as it is, `25%` of `total`, rounded up as the disruption controller does. */
export const resolveIntOrPercent = (
	value: number | string,
	total: number,
	round: (n: number) => number = Math.ceil,
): number => (typeof value === 'number' ? value : round((Number.parseFloat(value) / 100) * total));

export const budgetsOfPod = ({store}: FakeCluster, {metadata}: Pod): readonly PodDisruptionBudget[] =>
	store
		.list<PodDisruptionBudget>('poddisruptionbudgets.policy', metadata.namespace)
		.filter(budget => matchesSelector(budget.spec.selector, metadata.labels));

/** Recomputes the disruptions that a budget allows (pkg/controller/disruption). It expects the replicas that the owners of its pods want. */
export function recountBudget(cluster: FakeCluster, budget: PodDisruptionBudget): PodDisruptionBudget {
	const {store} = cluster;
	const pods = store
		.list<Pod>('pods', budget.metadata.namespace)
		.filter(pod => isActive(pod) && matchesSelector(budget.spec.selector, pod.metadata.labels));
	const owners = new Map(pods.flatMap(pod => controllerOf(pod) ?? []).map(owner => [owner.uid, owner]));
	const wanted = [...owners.values()].map(({kind, name, uid}) => {
		const key = kind === 'StatefulSet' ? 'statefulsets.apps' : 'replicasets.apps';
		const found = store.get<Pod & {spec: {replicas?: number}}>(key, budget.metadata.namespace, name);
		return found?.spec.replicas ?? store.ownedBy('pods', uid).length;
	});
	const {minAvailable, maxUnavailable} = budget.spec;
	const expectedPods = wanted.reduce((sum, count) => sum + count, 0);
	const desiredHealthy = Math.max(
		0,
		maxUnavailable === undefined
			? resolveIntOrPercent(minAvailable ?? 0, expectedPods)
			: expectedPods - resolveIntOrPercent(maxUnavailable, expectedPods),
	);
	const currentHealthy = pods.filter(isReady).length;
	const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
	const enough = disruptionsAllowed > 0;
	const before = budget.status.conditions?.[0];
	const status = {
		observedGeneration: budget.metadata.generation ?? 1,
		disruptionsAllowed,
		currentHealthy,
		desiredHealthy,
		expectedPods,
		conditions: [
			{
				type: 'DisruptionAllowed',
				status: enough ? ('True' as const) : ('False' as const),
				reason: enough ? 'SufficientPods' : 'InsufficientPods',
				message: '',
				lastTransitionTime:
					before !== undefined && (before.status === 'True') === enough ? before.lastTransitionTime : cluster.time(),
			},
		],
	};
	return equalJson(status, budget.status) ? budget : store.put('poddisruptionbudgets.policy', {...budget, status});
}

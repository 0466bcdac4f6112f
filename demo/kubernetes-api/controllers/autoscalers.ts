import type {FakeCluster} from '../cluster.ts';
import type {Deployment, HorizontalPodAutoscaler} from '../objects/kinds.ts';
import {equalJson, type KubeObject} from '../objects/kube-object.ts';
import {keyOfKind} from '../objects/resources.ts';

/** The interval of the real controller. */
export const autoscaleEveryMs = 15_000;

/**
 * Keeps the replicas of a workload within the limits of its autoscaler, and writes its status. It does not measure the load: the replicas for the load are
 * `wanted`, from the scenario; without it, the current number.
 */
export function reconcileAutoscaler(
	cluster: FakeCluster,
	autoscaler: HorizontalPodAutoscaler,
	wanted: number | undefined,
): void {
	const {store} = cluster;
	const {spec, metadata} = autoscaler;
	const {apiVersion = '', kind, name} = spec.scaleTargetRef;
	const key = keyOfKind(apiVersion, kind);
	const workload = key && store.get<Deployment>(key, metadata.namespace, name);
	if (key === undefined || !workload) return;
	const current = workload.spec.replicas;
	// Zero replicas switch an autoscaler off.
	const off = current === 0;
	const least = spec.minReplicas ?? 1;
	const requested = wanted ?? current;
	const desired = off ? 0 : Math.min(spec.maxReplicas, Math.max(least, requested));
	const time = cluster.time();
	if (desired !== current) {
		const generation = (workload.metadata.generation ?? 1) + 1;
		const scaled = {
			...workload,
			metadata: {...workload.metadata, generation},
			spec: {...workload.spec, replicas: desired},
		};
		store.put(key, scaled as KubeObject);
		const reason =
			requested > current
				? 'cpu resource utilization (percentage of request) above target'
				: 'All metrics below target';
		const message = `New size: ${desired}; reason: ${reason}`;
		cluster.recordEvent(autoscaler, {reason: 'SuccessfulRescale', message, component: 'horizontal-pod-autoscaler'});
	}
	const limited =
		requested > spec.maxReplicas ? 'TooManyReplicas' : requested < least ? 'TooFewReplicas' : 'DesiredWithinRange';
	const statuses = [
		{type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale', message: 'recommended size matches current size'},
		{
			type: 'ScalingActive',
			status: off ? 'False' : 'True',
			reason: off ? 'ScalingDisabled' : 'ValidMetricFound',
			message: off
				? 'scaling is disabled since the replica count of the target is zero'
				: 'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
		},
		{
			type: 'ScalingLimited',
			status: limited === 'DesiredWithinRange' ? 'False' : 'True',
			reason: limited,
			message:
				limited === 'TooManyReplicas'
					? 'the desired replica count is more than the maximum replica count'
					: limited === 'TooFewReplicas'
						? 'the desired replica count is less than the minimum replica count'
						: 'the desired count is within the acceptable range',
		},
	] as const;
	const conditions = statuses.map(each => {
		const before = autoscaler.status.conditions?.find(({type}) => type === each.type);
		return {...each, lastTransitionTime: before?.status === each.status ? before.lastTransitionTime : time};
	});
	const target = spec.metrics?.[0]?.resource?.target.averageUtilization ?? 80;
	const averageUtilization = off ? 0 : Math.round((target * requested) / Math.max(1, desired));
	const status = {
		...autoscaler.status,
		currentReplicas: current,
		desiredReplicas: desired,
		currentMetrics: [{type: 'Resource', resource: {name: 'cpu', current: {averageUtilization}}}],
		conditions,
		...(desired === current ? {} : {lastScaleTime: time}),
	};
	if (!equalJson(status, autoscaler.status)) store.put('horizontalpodautoscalers.autoscaling', {...autoscaler, status});
}

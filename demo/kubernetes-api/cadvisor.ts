import type {ContainerStats} from './kubelets.ts';
import type {Pod} from './objects/kinds.ts';
import {parseTimestamp} from './objects/kube-object.ts';
import type {Simulation} from './simulation.ts';

const periodMs = 100;

/** The statistics that the kubelets expose of the containers that were running at a moment. Omits those that started later or have ended. */
export function* containerStats({cluster, usage}: Simulation, at: number): Iterable<ContainerStats> {
	for (const pod of cluster.store.list<Pod>('pods')) {
		const {namespace = '', name} = pod.metadata;
		for (const used of usage.containers(pod, at)) {
			const state = pod.status.containerStatuses?.find(status => status.name === used.name)?.state;
			const elapsedMs = at - (parseTimestamp(state?.running?.startedAt) ?? at);
			const {mean, heldBack} = usage.containerCpu(pod, used.name);
			yield {
				node: pod.spec.nodeName ?? '',
				namespace,
				pod: name,
				container: used.name,
				memory: Math.round(used.memory),
				cpuSeconds: (mean * elapsedMs) / 1000,
				periods:
					heldBack === undefined
						? undefined
						: {all: Math.floor(elapsedMs / periodMs), throttled: Math.floor((heldBack * elapsedMs) / periodMs)},
			};
		}
	}
}

import type {FakeCluster} from '../cluster.ts';
import type {ClusterScenario} from '../cluster-scenario.ts';
import type {ContainerStatus, Pod} from '../objects/kinds.ts';
import {withContainers} from './build-pod.ts';

export type Churn = {
	/** Changes made so far. */
	readonly changes: number;
	stop(): void;
};

const everyMs = 50;

/** Restarts, relabels and deletes random pods at a rate of changes per second; the controllers recreate those that are deleted. */
export function startChurn(cluster: FakeCluster, scenario: ClusterScenario, perSecond: number): Churn {
	const {store, clock} = cluster;
	let changes = 0;
	let owed = 0;
	let last = clock.now();

	function change() {
		const pods = store.list<Pod>('pods');
		const pod = pods[Math.floor(scenario.random() * pods.length)];
		if (pod === undefined) return;
		changes += 1;
		const what = scenario.random();
		if (what < 0.15) return void store.remove('pods', pod.metadata.namespace, pod.metadata.name);
		if (what < 0.6) return void store.put('pods', restarted(pod));
		const labels = {...pod.metadata.labels, 'demo.example.test/turn': String(changes)};
		store.put('pods', {...pod, metadata: {...pod.metadata, labels}});
	}

	function restarted(pod: Pod): Pod {
		const time = cluster.time();
		const statuses = (pod.status.containerStatuses ?? []).map((status): ContainerStatus => {
			const startedAt = status.state.running?.startedAt;
			if (startedAt === undefined) return status;
			const containerID = status.containerID ?? '';
			const terminated = {exitCode: 1, reason: 'Error', startedAt, finishedAt: time, containerID};
			return {
				...status,
				ready: false,
				restartCount: status.restartCount + 1,
				lastState: {terminated},
				state: {running: {startedAt: time}},
			};
		});
		return statuses.length === 0 ? pod : withContainers(pod, statuses, time);
	}

	let cancel = clock.after(everyMs, function again() {
		const now = clock.now();
		owed += ((now - last) / 1000) * perSecond;
		last = now;
		for (; owed >= 1; owed -= 1) change();
		cancel = clock.after(everyMs, again);
	});
	return {
		get changes() {
			return changes;
		},
		stop: () => cancel(),
	};
}

import type {FakeCluster} from '../cluster.ts';
import type {ClusterScenario} from '../cluster-scenario.ts';
import {type ContainerStatus, conditionOf, type Node, type Pod} from '../objects/kinds.ts';
import {controllerOf, parseTimestamp} from '../objects/kube-object.ts';
import type {ContainerProgram, ContainerPrograms} from '../objects/programs.ts';
import {addressOf, containerStatus, withContainers} from './build-pod.ts';
import {nextTransition} from './container-lifecycle.ts';
import {createScheduler} from './scheduler.ts';

/** How long a container takes to stop after SIGTERM. */
const stoppingMs = 700;
const scheduleRetryMs = 5000;

/** The program of a Job whose image is unknown: it ends successfully. */
const usualJob: ContainerProgram = {exit: {afterMs: 3000, exitCode: 0, says: ''}};
const programOf = (pod: Pod, known: ContainerProgram): ContainerProgram =>
	Object.keys(known).length === 0 && controllerOf(pod)?.kind === 'Job' ? usualJob : known;

/** Runs each pod: starts its containers, restarts those that end, and removes the pod when it was deleted. */
export type Kubelet = {
	/** Syncs the pod now: it is new or has changed. */
	reconcile(pod: Pod): void;
	stop(): void;
};

export function createKubelet(cluster: FakeCluster, scenario: ClusterScenario, programs: ContainerPrograms): Kubelet {
	const {store, clock} = cluster;
	const scheduler = createScheduler(cluster);
	const timers = new Map<string, () => void>();

	function later(pod: Pod, at: number, call: (pod: Pod) => void) {
		const {uid, namespace, name} = pod.metadata;
		timers.get(uid)?.();
		const cancel = clock.after(Math.max(0, at - clock.now()), () => {
			timers.delete(uid);
			const present = store.get<Pod>('pods', namespace, name);
			if (present?.metadata.uid === uid) call(present);
		});
		timers.set(uid, cancel);
	}

	/** A node that does not exist or is not ready does not run its pods. */
	function isServed({spec}: Pod): boolean {
		const node = store.get<Node>('nodes', undefined, spec.nodeName ?? '');
		return node !== undefined && conditionOf(node.status.conditions, 'Ready')?.status === 'True';
	}

	function look(pod: Pod) {
		if (pod.metadata.deletionTimestamp !== undefined) return end(pod);
		if (pod.spec.nodeName === undefined) {
			const waits = conditionOf(pod.status.conditions, 'PodScheduled')?.reason === 'Unschedulable';
			return later(pod, clock.now() + (waits ? scheduleRetryMs : 20), assign);
		}
		if (!isServed(pod) || pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') return;
		if (pod.status.containerStatuses === undefined) return later(pod, clock.now() + 30, create);
		const steps = nexts(pod);
		const due = Math.min(...steps.map(({next}) => next?.at ?? Number.POSITIVE_INFINITY));
		if (due === Number.POSITIVE_INFINITY) timers.get(pod.metadata.uid)?.();
		else later(pod, due, advance);
	}

	function assign(pod: Pod) {
		// A write triggers the next sync; when nothing changed, schedule it here.
		const after = scheduler.schedule(pod);
		if (after === pod) later(pod, clock.now() + scheduleRetryMs, assign);
	}

	function create(pod: Pod) {
		const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
		const podIP = addressOf(scenario.stableRandom(`${key} ${pod.metadata.uid}`));
		const hostIP = addressOf(scenario.stableRandom(`${pod.spec.nodeName} address`));
		const statuses = pod.spec.containers.map(container =>
			containerStatus(container, {waiting: {reason: 'ContainerCreating'}}),
		);
		const status = {...pod.status, startTime: cluster.time(), hostIP, podIP, podIPs: [{ip: podIP}]};
		store.put('pods', withContainers({...pod, status}, statuses, cluster.time()));
	}

	const nexts = (pod: Pod) =>
		pod.spec.containers.map(container => {
			const status = pod.status.containerStatuses?.find(each => each.name === container.name);
			const known = status ?? containerStatus(container, {waiting: {reason: 'ContainerCreating'}});
			const random = scenario.stableRandom(`${pod.metadata.uid}/${container.name}`);
			const program = programOf(pod, programs.get(container.image));
			return {status: known, next: nextTransition({cluster, pod, container, status: known, program, random})};
		});

	/** Applies the transitions of containers that are due. */
	function advance(pod: Pod) {
		if (!isServed(pod)) return;
		const steps = nexts(pod);
		const earliest = Math.min(...steps.map(({next}) => next?.at ?? Number.POSITIVE_INFINITY));
		const statuses = steps.map(({status, next}): ContainerStatus => {
			// The time of a retry counts from now.
			const isDue = next !== undefined && (next.at <= clock.now() || next.at === earliest);
			return isDue ? next.apply() : status;
		});
		const after = withContainers(pod, statuses, cluster.time());
		const all = statuses.every(({state}) => state.terminated !== undefined);
		const over = all && pod.spec.restartPolicy !== 'Always' && pod.spec.restartPolicy !== undefined;
		const failed = statuses.some(({state}) => state.terminated?.exitCode !== 0);
		const phase = over ? (failed ? ('Failed' as const) : ('Succeeded' as const)) : after.status.phase;
		store.put('pods', {...after, status: {...after.status, phase}});
	}

	function end(pod: Pod) {
		const {metadata, spec} = pod;
		const {uid} = metadata;
		if (spec.nodeName !== undefined && !isServed(pod) && metadata.deletionGracePeriodSeconds !== 0) {
			timers.get(uid)?.();
			return;
		}
		const by = parseTimestamp(metadata.deletionTimestamp) ?? clock.now();
		const deaf = spec.containers.some(({image}) => programs.get(image).ignoresTerm === true);
		const host = spec.nodeName === undefined ? {} : {host: spec.nodeName};
		for (const {name} of timers.has(`${uid} ending`) ? [] : spec.containers) {
			const fieldPath = `spec.containers{${name}}`;
			cluster.recordEvent(pod, {
				reason: 'Killing',
				message: `Stopping container ${name}`,
				component: 'kubelet',
				fieldPath,
				...host,
			});
		}
		timers.get(uid)?.();
		timers.get(`${uid} ending`)?.();
		const at = deaf ? by : Math.min(by, clock.now() + stoppingMs);
		const cancel = clock.after(Math.max(0, at - clock.now()), () => {
			timers.delete(uid);
			timers.delete(`${uid} ending`);
			const present = store.get<Pod>('pods', metadata.namespace, metadata.name);
			if (present?.metadata.uid !== uid || (present.metadata.finalizers ?? []).length > 0) return;
			store.remove('pods', metadata.namespace, metadata.name);
		});
		timers.set(`${uid} ending`, cancel);
	}

	for (const pod of store.list<Pod>('pods')) look(pod);
	return {
		reconcile: look,
		stop() {
			for (const cancel of timers.values()) cancel();
		},
	};
}

import type {FakeCluster} from '../cluster.ts';
import type {ClusterScenario} from '../cluster-scenario.ts';
import {type ContainerStatus, conditionOf, type Node, type Pod} from '../objects/kinds.ts';
import {controllerOf, parseTimestamp} from '../objects/kube-object.ts';
import type {ContainerProgram, ContainerPrograms} from '../objects/programs.ts';
import {containerStatus, podAddress, withContainers} from './build-pod.ts';
import {type NextTransition, nextTransition} from './container-lifecycle.ts';
import {createKeyedTimers} from './keyed-timers.ts';
import {createScheduler} from './scheduler.ts';

/** How long a container takes to stop after SIGTERM. */
const stoppingMs = 700;
const scheduleRetryMs = 5000;

/** Runs each pod: starts its containers, restarts those that end, and removes the pod when it was deleted. */
export type Kubelet = {
	/** Syncs the pod now: it is new or has changed. */
	reconcile(pod: Pod): void;
	stop(): void;
};

/** A container, and what happens to it next; undefined when nothing does. */
type ContainerStep = {readonly status: ContainerStatus; readonly next: NextTransition | undefined};

export function createKubelet(cluster: FakeCluster, scenario: ClusterScenario, programs: ContainerPrograms): Kubelet {
	const {store, clock} = cluster;
	const scheduler = createScheduler(cluster);
	const timers = createKeyedTimers(clock);
	const terminations = createKeyedTimers(clock);
	const stepsOf = (pod: Pod) => containerSteps(cluster, scenario, programs, pod);

	/** The pod as it is now; undefined when it was removed. */
	function current({metadata: {uid, namespace, name}}: Pod): Pod | undefined {
		const present = store.get<Pod>('pods', namespace, name);
		return present?.metadata.uid === uid ? present : undefined;
	}

	function later(pod: Pod, at: number, call: (pod: Pod) => void) {
		timers.set(pod.metadata.uid, at, () => {
			const present = current(pod);
			if (present !== undefined) call(present);
		});
	}

	function reconcile(pod: Pod) {
		if (pod.metadata.deletionTimestamp !== undefined) return terminate(pod);
		if (pod.spec.nodeName === undefined) {
			const waits = conditionOf(pod.status.conditions, 'PodScheduled')?.reason === 'Unschedulable';
			return later(pod, clock.now() + (waits ? scheduleRetryMs : 20), assign);
		}
		if (!isServed(cluster, pod) || pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') return;
		if (pod.status.containerStatuses === undefined) {
			return later(pod, clock.now() + 30, due => {
				store.put('pods', withNewContainers(due, scenario, cluster.time()));
			});
		}
		const at = earliest(stepsOf(pod));
		if (at === Number.POSITIVE_INFINITY) timers.cancel(pod.metadata.uid);
		else later(pod, at, advance);
	}

	function assign(pod: Pod) {
		// A write triggers the next sync; when nothing changed, schedule it here.
		const after = scheduler.schedule(pod);
		if (after === pod) later(pod, clock.now() + scheduleRetryMs, assign);
	}

	function advance(pod: Pod) {
		if (isServed(cluster, pod)) store.put('pods', withDueSteps(pod, stepsOf(pod), clock.now(), cluster.time()));
	}

	function terminate(pod: Pod) {
		const {metadata, spec} = pod;
		const {uid} = metadata;
		timers.cancel(uid);
		if (spec.nodeName !== undefined && !isServed(cluster, pod) && metadata.deletionGracePeriodSeconds !== 0) return;
		const by = parseTimestamp(metadata.deletionTimestamp) ?? clock.now();
		const ignoresTerm = spec.containers.some(({image}) => programs.get(image).ignoresTerm === true);
		if (!terminations.isSet(uid)) recordKilling(cluster, pod);
		terminations.set(uid, ignoresTerm ? by : Math.min(by, clock.now() + stoppingMs), () => {
			timers.cancel(uid);
			const present = current(pod);
			if (present !== undefined && (present.metadata.finalizers ?? []).length === 0)
				store.remove('pods', metadata.namespace, metadata.name);
		});
	}

	for (const pod of store.list<Pod>('pods')) reconcile(pod);
	return {
		reconcile,
		stop() {
			timers.cancelAll();
			terminations.cancelAll();
		},
	};
}

/** A node that does not exist or is not ready does not run its pods. */
function isServed({store}: FakeCluster, {spec}: Pod): boolean {
	const node = store.get<Node>('nodes', undefined, spec.nodeName ?? '');
	return node !== undefined && conditionOf(node.status.conditions, 'Ready')?.status === 'True';
}

/** The program of a Job whose image is unknown: it ends successfully. */
const usualJob: ContainerProgram = {exit: {afterMs: 3000, exitCode: 0, says: ''}};
const programOf = (pod: Pod, known: ContainerProgram): ContainerProgram =>
	Object.keys(known).length === 0 && controllerOf(pod)?.kind === 'Job' ? usualJob : known;

function containerSteps(
	cluster: FakeCluster,
	scenario: ClusterScenario,
	programs: ContainerPrograms,
	pod: Pod,
): readonly ContainerStep[] {
	return pod.spec.containers.map(container => {
		const known = pod.status.containerStatuses?.find(({name}) => name === container.name);
		const status = known ?? containerStatus(container, {waiting: {reason: 'ContainerCreating'}});
		const random = scenario.stableRandom(`${pod.metadata.uid}/${container.name}`);
		const program = programOf(pod, programs.get(container.image));
		return {status, next: nextTransition({cluster, pod, container, status, program, random})};
	});
}

/** When the first step is due, in epoch milliseconds; infinity when there is none. */
const earliest = (steps: readonly ContainerStep[]): number =>
	Math.min(...steps.map(({next}) => next?.at ?? Number.POSITIVE_INFINITY));

/** Applies the transitions that are due. Returns the pod after them, with the phase that follows. */
function withDueSteps(pod: Pod, steps: readonly ContainerStep[], now: number, time: string): Pod {
	const first = earliest(steps);
	const statuses = steps.map(({status, next}): ContainerStatus => {
		// The time of a retry counts from now.
		const isDue = next !== undefined && (next.at <= now || next.at === first);
		return isDue ? next.apply() : status;
	});
	const after = withContainers(pod, statuses, time);
	const isOver =
		statuses.every(({state}) => state.terminated !== undefined) &&
		pod.spec.restartPolicy !== 'Always' &&
		pod.spec.restartPolicy !== undefined;
	if (!isOver) return after;
	const failed = statuses.some(({state}) => state.terminated?.exitCode !== 0);
	return {...after, status: {...after.status, phase: failed ? 'Failed' : 'Succeeded'}};
}

/** The pod as its node accepts it: with an address, and containers that are being created. */
function withNewContainers(pod: Pod, scenario: ClusterScenario, time: string): Pod {
	const {namespace, name, uid} = pod.metadata;
	const podIP = podAddress(scenario.stableRandom(`${namespace}/${name} ${uid}`));
	const hostIP = podAddress(scenario.stableRandom(`${pod.spec.nodeName} address`));
	const statuses = pod.spec.containers.map(container =>
		containerStatus(container, {waiting: {reason: 'ContainerCreating'}}),
	);
	const status = {...pod.status, startTime: time, hostIP, podIP, podIPs: [{ip: podIP}]};
	return withContainers({...pod, status}, statuses, time);
}

function recordKilling(cluster: FakeCluster, pod: Pod): void {
	const {containers, nodeName} = pod.spec;
	for (const {name} of containers) {
		cluster.recordEvent(pod, {
			reason: 'Killing',
			message: `Stopping container ${name}`,
			component: 'kubelet',
			fieldPath: `spec.containers{${name}}`,
			...(nodeName === undefined ? {} : {host: nodeName}),
		});
	}
}

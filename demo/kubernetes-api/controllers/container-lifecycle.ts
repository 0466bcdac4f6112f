import type {FakeCluster} from '../cluster.ts';
import {parseQuantity} from '../objects/defaults.ts';
import type {ConfigMapOrSecret, Container, ContainerStatus, Pod, Terminated} from '../objects/kinds.ts';
import {parseTimestamp, timestamp} from '../objects/kube-object.ts';
import type {ContainerProgram} from '../objects/programs.ts';
import {containerStatus} from './build-pod.ts';

/** The kubelet's backoff between starts of a container that keeps ending: none at first, then 10 s, doubling up to 5 minutes. */
export const restartBackoffMs = (restarts: number): number =>
	restarts === 0 ? 0 : Math.min(300, 10 * 2 ** (restarts - 1)) * 1000;

const creatingMs = 600;
const endedMs = 1000;
const oomAfterMs = 20_000;

/** `5m0s`, `40s`: a duration as Go writes it. */
const goDuration = (ms: number): string => {
	const seconds = Math.round(ms / 1000);
	return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
};

/** The next transition of a container: `apply` is called once the clock is at `at`, in epoch milliseconds. */
export type NextTransition = {readonly at: number; apply(): ContainerStatus};

export type ContainerContext = {
	readonly cluster: FakeCluster;
	readonly pod: Pod;
	readonly container: Container;
	readonly status: ContainerStatus;
	readonly program: ContainerProgram;
	/** A number of this container, 0 <= n < 1: containers do not all do the same at the same time. */
	readonly random: number;
};

/** The next transition; undefined when nothing changes by itself. */
export function nextTransition(living: ContainerContext): NextTransition | undefined {
	const {status, pod, cluster} = living;
	const {state} = status;
	const created = parseTimestamp(pod.status.startTime) ?? cluster.clock.now();
	if (state.terminated !== undefined) return afterEnd(living, state.terminated);
	if (state.running !== undefined) return whileRunning(living, parseTimestamp(state.running.startedAt) ?? created);
	const reason = state.waiting?.reason;
	if (reason === 'CrashLoopBackOff') {
		const ended = parseTimestamp(status.lastState.terminated?.finishedAt) ?? created;
		return {at: ended + restartBackoffMs(status.restartCount), apply: () => start(living, status.restartCount + 1)};
	}
	if (reason === 'ErrImagePull' || reason === 'ImagePullBackOff' || reason === 'CreateContainerConfigError') {
		return {
			at: cluster.clock.now() + (reason === 'ErrImagePull' ? 3000 : 10_000),
			apply: () => start(living, status.restartCount),
		};
	}
	return {at: created + creatingMs * (0.5 + living.random), apply: () => start(living, status.restartCount)};
}

function afterEnd(
	{cluster, pod, container, status, program, random}: ContainerContext,
	ended: Terminated,
): NextTransition | undefined {
	if (pod.spec.restartPolicy === 'Never' || (pod.spec.restartPolicy === 'OnFailure' && ended.exitCode === 0))
		return undefined;
	const wait = restartBackoffMs(status.restartCount);
	const {namespace, name, uid} = pod.metadata;
	return {
		at: (parseTimestamp(ended.finishedAt) ?? 0) + endedMs,
		apply() {
			const after = {...status, lastState: {terminated: ended}};
			if (wait === 0) return start({cluster, pod, container, status: after, program, random}, status.restartCount + 1);
			const message = `back-off ${goDuration(wait)} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
			recordContainerEvent(
				cluster,
				pod,
				container,
				'BackOff',
				`Back-off restarting failed container ${container.name} in pod ${name}_${namespace}(${uid})`,
				'Warning',
			);
			return {...after, state: {waiting: {reason: 'CrashLoopBackOff', message}}, ready: false};
		},
	};
}

function whileRunning(
	{cluster, container, status, program, random}: ContainerContext,
	startedAt: number,
): NextTransition | undefined {
	const limit = parseQuantity(container.resources?.limits?.['memory']);
	const killed = program.memory !== undefined && limit > 0 && program.memory > limit;
	const readyAt = startedAt + (program.readyAfterMs ?? 1000);
	const end = (reason: string, exitCode: number, message?: string): ContainerStatus => ({
		...status,
		ready: false,
		started: false,
		state: {
			terminated: {
				exitCode,
				reason,
				...(message === undefined ? {} : {message}),
				startedAt: timestamp(startedAt),
				finishedAt: cluster.time(),
				containerID: status.containerID ?? '',
			},
		},
	});
	const ends: NextTransition | undefined = killed
		? {at: startedAt + oomAfterMs * (0.8 + 0.4 * random), apply: () => end('OOMKilled', 137)}
		: program.exit && {
				at: startedAt + program.exit.afterMs,
				apply: () =>
					end(program.exit?.exitCode === 0 ? 'Completed' : 'Error', program.exit?.exitCode ?? 1, program.exit?.says),
			};
	const readies = !status.ready && program.neverReady !== true;
	if (readies && (ends === undefined || readyAt < ends.at))
		return {at: readyAt, apply: () => ({...status, ready: true})};
	return ends;
}

/** Starts the container, or reports what is missing to start it. */
function start(living: ContainerContext, restartCount: number): ContainerStatus {
	const {cluster, pod, container, status, program} = living;
	const waiting = (reason: string, message: string): ContainerStatus => ({
		...status,
		state: {waiting: {reason, message}},
	});
	if (program.isImageMissing === true) {
		const {image} = container;
		if (status.state.waiting?.reason === 'ErrImagePull') {
			recordContainerEvent(cluster, pod, container, 'BackOff', `Back-off pulling image "${image}"`);
			return waiting('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${unknownImage(image)}`);
		}
		recordContainerEvent(cluster, pod, container, 'Pulling', `Pulling image "${image}"`);
		recordContainerEvent(
			cluster,
			pod,
			container,
			'Failed',
			`Failed to pull image "${image}": ${unknownImage(image)}`,
			'Warning',
		);
		return waiting('ErrImagePull', unknownImage(image));
	}
	const lack = missingConfig(cluster, pod, container);
	if (lack !== undefined) {
		recordContainerEvent(cluster, pod, container, 'Failed', `Error: ${lack}`, 'Warning');
		return waiting('CreateContainerConfigError', lack);
	}
	recordContainerEvent(
		cluster,
		pod,
		container,
		'Pulled',
		`Container image "${container.image}" already present on machine`,
	);
	recordContainerEvent(cluster, pod, container, 'Created', `Created container: ${container.name}`);
	recordContainerEvent(cluster, pod, container, 'Started', `Started container ${container.name}`);
	return containerStatus(
		container,
		{running: {startedAt: cluster.time()}},
		{
			lastState: status.lastState.terminated === undefined ? {} : status.lastState,
			restartCount,
			started: true,
			imageID: `${container.image.split(':')[0]}@sha256:${pod.metadata.uid.replaceAll('-', '').padEnd(64, '0')}`,
			containerID: `containerd://${pod.metadata.uid.replaceAll('-', '')}${restartCount.toString(16).padStart(8, '0')}`,
		},
	);
}

const unknownImage = (image: string) =>
	`rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;

/** The first secret or config map that the container needs and that does not exist, in the kubelet's words. */
function missingConfig({store}: FakeCluster, {metadata}: Pod, {env = []}: Container): string | undefined {
	for (const {valueFrom} of env) {
		for (const [kind, resource, ref] of [
			['secret', 'secrets', valueFrom?.secretKeyRef],
			['configmap', 'configmaps', valueFrom?.configMapKeyRef],
		] as const) {
			if (ref === undefined || ref.optional === true) continue;
			const {name = '', key} = ref;
			const found = store.get<ConfigMapOrSecret>(resource, metadata.namespace, name);
			if (found === undefined) return `${kind} "${name}" not found`;
			if (found.data?.[key] !== undefined) continue;
			return `couldn't find key ${key} in ${kind === 'secret' ? 'Secret' : 'ConfigMap'} ${metadata.namespace}/${name}`;
		}
	}
	return undefined;
}

function recordContainerEvent(
	cluster: FakeCluster,
	pod: Pod,
	container: Container,
	reason: string,
	message: string,
	type: 'Normal' | 'Warning' = 'Normal',
) {
	const {nodeName} = pod.spec;
	cluster.recordEvent(pod, {
		reason,
		message,
		type,
		component: 'kubelet',
		...(nodeName === undefined ? {} : {host: nodeName}),
		fieldPath: `spec.containers{${container.name}}`,
	});
}

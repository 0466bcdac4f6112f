import type {Cluster} from '../cluster.ts';
import {quantity} from '../objects/defaults.ts';
import type {Container, ContainerStatus, KeyValues, Pod, Terminated} from '../objects/kinds.ts';
import {momentOf, timestamp} from '../objects/kube-object.ts';
import {containerStatus} from './build-pod.ts';
import type {Program} from '../objects/programs.ts';

/** How the kubelet spaces out the starts of a container that keeps ending: at once, then 10 s, doubling up to 5 minutes. */
export const backOffMs = (restarts: number): number =>
	restarts === 0 ? 0 : Math.min(300, 10 * 2 ** (restarts - 1)) * 1000;

const creatingMs = 600;
const endedMs = 1000;
const oomAfterMs = 20_000;

/** `5m0s`, `40s`: a duration as Go writes it. */
const goDuration = (ms: number): string => {
	const seconds = Math.round(ms / 1000);
	return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
};

/** What becomes of one container next, and when: `become` is called once the clock is at `at`. */
export type Next = {readonly at: number; become(): ContainerStatus};

export type Living = {
	readonly cluster: Cluster;
	readonly pod: Pod;
	readonly container: Container;
	readonly status: ContainerStatus;
	readonly program: Program;
	/** From 0 to 1, of this container: not all of them do everything at the same moment. */
	readonly luck: number;
};

/** Undefined when nothing will happen by itself. */
export function nextOf(living: Living): Next | undefined {
	const {status, pod, cluster} = living;
	const {state} = status;
	const created = momentOf(pod.status.startTime) ?? cluster.clock.now();
	if (state.terminated !== undefined) return afterEnd(living, state.terminated);
	if (state.running !== undefined) return whileRunning(living, momentOf(state.running.startedAt) ?? created);
	const reason = state.waiting?.reason;
	if (reason === 'CrashLoopBackOff') {
		const ended = momentOf(status.lastState.terminated?.finishedAt) ?? created;
		return {at: ended + backOffMs(status.restartCount), become: () => start(living, status.restartCount + 1)};
	}
	if (reason === 'ErrImagePull' || reason === 'ImagePullBackOff' || reason === 'CreateContainerConfigError') {
		return {
			at: cluster.clock.now() + (reason === 'ErrImagePull' ? 3000 : 10_000),
			become: () => start(living, status.restartCount),
		};
	}
	return {at: created + creatingMs * (0.5 + living.luck), become: () => start(living, status.restartCount)};
}

function afterEnd({cluster, pod, container, status, program, luck}: Living, ended: Terminated): Next | undefined {
	if (pod.spec.restartPolicy === 'Never' || (pod.spec.restartPolicy === 'OnFailure' && ended.exitCode === 0))
		return undefined;
	const wait = backOffMs(status.restartCount);
	const {namespace, name, uid} = pod.metadata;
	return {
		at: (momentOf(ended.finishedAt) ?? 0) + endedMs,
		become() {
			const after = {...status, lastState: {terminated: ended}};
			if (wait === 0) return start({cluster, pod, container, status: after, program, luck}, status.restartCount + 1);
			const message = `back-off ${goDuration(wait)} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
			tell(
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

function whileRunning({cluster, container, status, program, luck}: Living, startedAt: number): Next | undefined {
	const limit = quantity(container.resources?.limits?.['memory']);
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
	const ends: Next | undefined = killed
		? {at: startedAt + oomAfterMs * (0.8 + 0.4 * luck), become: () => end('OOMKilled', 137)}
		: program.fails && {
				at: startedAt + program.fails.afterMs,
				become: () =>
					end(program.fails?.exitCode === 0 ? 'Completed' : 'Error', program.fails?.exitCode ?? 1, program.fails?.says),
			};
	const readies = !status.ready && program.neverReady !== true;
	if (readies && (ends === undefined || readyAt < ends.at))
		return {at: readyAt, become: () => ({...status, ready: true})};
	return ends;
}

/** Starts the container, or says what it cannot be started without. */
function start(living: Living, restartCount: number): ContainerStatus {
	const {cluster, pod, container, status, program} = living;
	const waiting = (reason: string, message: string): ContainerStatus => ({
		...status,
		state: {waiting: {reason, message}},
	});
	if (program.missing === true) {
		const {image} = container;
		if (status.state.waiting?.reason === 'ErrImagePull') {
			tell(cluster, pod, container, 'BackOff', `Back-off pulling image "${image}"`);
			return waiting('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${unknownImage(image)}`);
		}
		tell(cluster, pod, container, 'Pulling', `Pulling image "${image}"`);
		tell(cluster, pod, container, 'Failed', `Failed to pull image "${image}": ${unknownImage(image)}`, 'Warning');
		return waiting('ErrImagePull', unknownImage(image));
	}
	const lack = missingConfig(cluster, pod, container);
	if (lack !== undefined) {
		tell(cluster, pod, container, 'Failed', `Error: ${lack}`, 'Warning');
		return waiting('CreateContainerConfigError', lack);
	}
	tell(cluster, pod, container, 'Pulled', `Container image "${container.image}" already present on machine`);
	tell(cluster, pod, container, 'Created', `Created container: ${container.name}`);
	tell(cluster, pod, container, 'Started', `Started container ${container.name}`);
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

/** The first secret or config map that the container wants and does not find, in the kubelet's words. */
function missingConfig({store}: Cluster, {metadata}: Pod, {env = []}: Container): string | undefined {
	for (const {valueFrom} of env) {
		for (const [kind, resource, ref] of [
			['secret', 'secrets', valueFrom?.secretKeyRef],
			['configmap', 'configmaps', valueFrom?.configMapKeyRef],
		] as const) {
			if (ref === undefined || ref.optional === true) continue;
			const found = store.get<KeyValues>(resource, metadata.namespace, ref.name);
			if (found === undefined) return `${kind} "${ref.name}" not found`;
			if (found.data?.[ref.key] !== undefined) continue;
			return `couldn't find key ${ref.key} in ${kind === 'secret' ? 'Secret' : 'ConfigMap'} ${metadata.namespace}/${ref.name}`;
		}
	}
	return undefined;
}

function tell(
	cluster: Cluster,
	pod: Pod,
	container: Container,
	reason: string,
	message: string,
	type: 'Normal' | 'Warning' = 'Normal',
) {
	const {nodeName} = pod.spec;
	cluster.record(pod, {
		reason,
		message,
		type,
		component: 'kubelet',
		...(nodeName === undefined ? {} : {host: nodeName}),
		fieldPath: `spec.containers{${container.name}}`,
	});
}

import type {ContainerStatus, PodObject} from '../../port/kubernetes-objects.ts';
import {findCondition} from './pod-status.ts';

/** How a container last terminated. */
export type LastTermination = {readonly reason: string; readonly exitCode: number};

/** A longer text does not fit beside a status. */
const maxLength = 120;

const short = (text: string): string => (text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text);

const firstSentence = (text: string): string => short(text.split(/\n|\. /)[0]?.trim() ?? '');

/**
 * Shortens the message of the scheduler, `0/12 nodes are available: 12 Insufficient cpu. preemption: ...`, to `0/12 nodes: insufficient cpu`.
 * Counts per reason are dropped: they change while the cause does not.
 */
export function unschedulableCause(message: string): string {
	const found = /^(\d+\/\d+) nodes are available: (.*?)(?:\. preemption:.*|\.)?$/s.exec(message.trim());
	if (found === null) return firstSentence(message);
	const [, nodes = '', reasons = ''] = found;
	const shortReasons = reasons
		.replaceAll(/\s+/g, ' ')
		.split(/, (?=\d+ )/)
		.map(reason =>
			reason.replace(/^\d+ (?:node\(s\) )?(?:had |were |was )?/, '').replace(/^Insufficient/, 'insufficient'),
		);
	return short(`${nodes} nodes: ${shortReasons.join(', ')}`);
}

/** Ordered: the first match applies. https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff */
const pullErrors: readonly (readonly [sign: RegExp, words: string])[] = [
	[/not found|manifest unknown|does not exist/i, 'not found'],
	[/toomanyrequests|rate limit/i, 'rate limit of the registry'],
	[/unauthorized|authentication required|denied|forbidden|no basic auth/i, 'no permission to pull'],
	[/no such host|server misbehaving/i, 'the registry name does not resolve'],
	[/x509|certificate/i, 'certificate of the registry'],
	[/i\/o timeout|deadline exceeded|connection refused|no route to host/i, 'the registry does not answer'],
	[/no match for platform|exec format/i, 'not built for this architecture'],
	[/couldn't parse|invalid reference|InvalidImageName/i, 'invalid image name'],
];

function imageCause(messages: readonly string[]): string | undefined {
	for (const message of messages) {
		const found = pullErrors.find(([sign]) => sign.test(message));
		if (found !== undefined) return found[1];
	}
	return undefined;
}

/** Shortens the message of the kubelet to `secret X not found` or `secret X missing key Y`. */
export function configCause(message: string): string {
	const key = /couldn't find key (\S+) in (Secret|ConfigMap) (?:[^\s/]+\/)?(\S+)/i.exec(message);
	if (key !== null) return `${key[2]?.toLowerCase()} ${key[3]} missing key ${key[1]}`;
	const missing = /(secret|configmap) "([^"]+)" not found/i.exec(message);
	return missing === null ? firstSentence(message) : `${missing[1]?.toLowerCase()} ${missing[2]} not found`;
}

const statuses = (pod: PodObject): readonly ContainerStatus[] => [
	...(pod.status?.initContainerStatuses ?? []),
	...(pod.status?.containerStatuses ?? []),
];

const imageStatuses: ReadonlySet<string> = new Set([
	'ImagePullBackOff',
	'ErrImagePull',
	'ErrImageNeverPull',
	'InvalidImageName',
	'ImageInspectError',
]);
const startStatuses: ReadonlySet<string> = new Set([
	'CreateContainerConfigError',
	'CreateContainerError',
	'RunContainerError',
	'ContainerCannotRun',
]);

/** The last termination: of a container that is terminated or not ready now, else of any. */
export function findLastTermination(pod: PodObject): LastTermination | undefined {
	const all = statuses(pod);
	const notReady = all.filter(container => !container.ready && container.lastState?.terminated !== undefined);
	for (const container of [...all.filter(each => (each.state?.terminated?.exitCode ?? 0) !== 0), ...notReady, ...all]) {
		const end = container.state?.terminated ?? container.lastState?.terminated;
		if (end === undefined) continue;
		return {reason: end.reason ?? (end.signal ? `Signal:${end.signal}` : 'Error'), exitCode: end.exitCode ?? 0};
	}
	return undefined;
}

/**
 * The cause behind a status: how a container last terminated, what the scheduler lacks, what the kubelet cannot find. `status` is that of
 * kubectl; `warnings` are the messages of the pod's warning events, newest first.
 */
export function podCause(pod: PodObject, status: string, warnings: readonly string[]): string | undefined {
	const bare = status.replace(/^Init:/, '');
	const waiting = statuses(pod).find(container => container.state?.waiting?.reason === bare)?.state?.waiting;
	const messages = [...(waiting?.message === undefined ? [] : [waiting.message]), ...warnings];
	if (imageStatuses.has(bare)) return bare === 'InvalidImageName' ? undefined : imageCause(messages);
	if (startStatuses.has(bare)) return messages[0] === undefined ? undefined : configCause(messages[0]);
	if (bare === 'Evicted') return pod.status?.message === undefined ? undefined : firstSentence(pod.status.message);
	const scheduled = findCondition(pod, 'PodScheduled');
	if (scheduled?.status === 'False' && scheduled.message !== undefined) return unschedulableCause(scheduled.message);
	if (bare === 'Terminating') {
		const finalizers = pod.metadata.finalizers ?? [];
		return finalizers.length === 0 ? undefined : `finalizer ${finalizers.join(', ')}`;
	}
	if (bare === 'Running' || bare === 'NotReady') {
		const probe = warnings.find(message => /probe failed/i.test(message));
		return probe === undefined ? undefined : firstSentence(probe);
	}
	if (bare === 'ContainerCreating') {
		const mount = warnings.find(message => /mount|volume|sandbox/i.test(message));
		return mount === undefined ? undefined : configCause(mount);
	}
	const end = findLastTermination(pod);
	if (end === undefined || (end.reason === 'Completed' && end.exitCode === 0 && bare === 'Completed')) return undefined;
	return bare === end.reason ? String(end.exitCode) : `${end.reason} ${end.exitCode}`;
}

import type {ContainerStatus, PodObject} from '../../port/kubernetes-objects.ts';

/** The columns READY, STATUS and RESTARTS of `kubectl get pods`. */
export type KubectlPodColumns = {
	readonly status: string;
	readonly ready: number;
	/** Containers that count for READY: the regular ones and the sidecars. */
	readonly containers: number;
	readonly restarts: number;
	/** Epoch milliseconds when a container that was restarted last terminated. */
	readonly restartedAt: number | undefined;
};

/** Parses an API timestamp to epoch milliseconds; undefined when it is missing or invalid. */
export const parseTimestamp = (text: string | undefined): number | undefined => {
	const at = Date.parse(text ?? '');
	return Number.isNaN(at) ? undefined : at;
};

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

const terminationText = ({reason, signal, exitCode}: Terminated): string => {
	if (reason !== undefined && reason !== '') return reason;
	return signal !== undefined && signal !== 0 ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`;
};

type Restarts = {times: number; last: number | undefined};

function count(into: Restarts, container: ContainerStatus): void {
	into.times += container.restartCount ?? 0;
	const ended = parseTimestamp(container.lastState?.terminated?.finishedAt);
	if (ended !== undefined) into.last = Math.max(into.last ?? ended, ended);
}

export const findCondition = (pod: PodObject, type: string) =>
	pod.status?.conditions?.find(condition => condition.type === type);

const isTrue = (pod: PodObject, type: string): boolean => findCondition(pod, type)?.status === 'True';

/** `Init:…` status of the first init container that has not finished; undefined when all have. Adds up the restarts on the way. */
function initializing(pod: PodObject, restarts: Restarts, sidecars: Restarts & {ready: number}): string | undefined {
	const specs = pod.spec?.initContainers ?? [];
	const isSidecar = new Set(specs.filter(spec => spec.restartPolicy === 'Always').map(spec => spec.name));
	for (const [index, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
		const {waiting, terminated} = container.state ?? {};
		count(restarts, container);
		if (isSidecar.has(container.name)) count(sidecars, container);
		if (terminated !== undefined && (terminated.exitCode ?? 0) === 0) continue;
		if (isSidecar.has(container.name) && container.started === true) {
			if (container.ready) sidecars.ready += 1;
			continue;
		}
		if (terminated !== undefined) return `Init:${terminationText(terminated)}`;
		if (waiting?.reason !== undefined && waiting.reason !== '' && waiting.reason !== 'PodInitializing')
			return `Init:${waiting.reason}`;
		return `Init:${index}/${specs.length}`;
	}
	return undefined;
}

/**
 * Computes the columns exactly like kubectl.
 * https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/printers/internalversion/printers.go (printPod)
 */
export function kubectlPodColumns(pod: PodObject): KubectlPodColumns {
	const {spec, status, metadata} = pod;
	let reason = status?.reason || status?.phase || 'Unknown';
	if (findCondition(pod, 'PodScheduled')?.reason === 'SchedulingGated') reason = 'SchedulingGated';

	const sidecars = {ready: 0, times: 0, last: undefined};
	let restarts: Restarts = {times: 0, last: undefined};
	const init = initializing(pod, restarts, sidecars);
	let {ready} = sidecars;
	if (init !== undefined) reason = init;
	if (init === undefined || isTrue(pod, 'Initialized')) {
		restarts = {times: sidecars.times, last: sidecars.last};
		let hasRunning = false;
		// From last to first, so that the reason of the first container wins.
		for (const container of (status?.containerStatuses ?? []).toReversed()) {
			count(restarts, container);
			const {waiting, terminated, running} = container.state ?? {};
			if (waiting?.reason) reason = waiting.reason;
			else if (terminated !== undefined) reason = terminationText(terminated);
			else if (container.ready && running !== undefined) {
				hasRunning = true;
				ready += 1;
			}
		}
		if (reason === 'Completed' && hasRunning) reason = isTrue(pod, 'Ready') ? 'Running' : 'NotReady';
	}
	if (metadata.deletionTimestamp !== undefined) {
		if (status?.reason === 'NodeLost') reason = 'Unknown';
		else if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') reason = 'Terminating';
	}
	return {
		status: reason,
		ready,
		containers:
			(spec?.containers?.length ?? 0) +
			(spec?.initContainers ?? []).filter(each => each.restartPolicy === 'Always').length,
		restarts: restarts.times,
		restartedAt: restarts.times === 0 ? undefined : restarts.last,
	};
}

import {type ContainerState, conditionOf, isReady, type Pod} from './kinds.ts';
import {parseTimestamp} from './kube-object.ts';

export type PrintedPod = {
	readonly ready: string;
	readonly status: string;
	readonly restarts: number;
	/** Epoch milliseconds of the last end of a container. */
	readonly restartedAt: number | undefined;
};

const stateReason = ({waiting, terminated}: ContainerState): string | undefined => {
	if (waiting !== undefined) return waiting.reason;
	if (terminated === undefined) return undefined;
	return terminated.reason === '' ? `ExitCode:${terminated.exitCode}` : terminated.reason;
};

/**
 * READY, STATUS and RESTARTS as the API server prints them: `printPod` of Kubernetes' pkg/printers/internalversion/printers.go, without
 * restartable init containers, which this server's own pods do not have.
 */
export function printedPod(pod: Pod): PrintedPod {
	const {spec, status, metadata} = pod;
	let reason = status.reason ?? status.phase;
	let ready = 0;
	let restarts = 0;
	let restartedAt: number | undefined;
	const ended = (state: ContainerState) => {
		const at = parseTimestamp(state.terminated?.finishedAt);
		if (at !== undefined && (restartedAt === undefined || at > restartedAt)) restartedAt = at;
	};
	const inits = status.initContainerStatuses ?? [];
	const unfinished = inits.findIndex(({state}) => state.terminated?.exitCode !== 0);
	const first = inits[unfinished];
	if (first !== undefined) {
		for (const each of inits) restarts += each.restartCount;
		const containerReason = stateReason(first.state);
		reason =
			containerReason === undefined || containerReason === 'PodInitializing'
				? `Init:${unfinished}/${spec.initContainers?.length ?? 0}`
				: `Init:${containerReason}`;
	}
	if (first === undefined || conditionOf(status.conditions, 'Initialized')?.status === 'True') {
		restarts = 0;
		let running = false;
		for (const each of (status.containerStatuses ?? []).toReversed()) {
			restarts += each.restartCount;
			ended(each.lastState);
			const containerReason = stateReason(each.state);
			if (containerReason !== undefined) reason = containerReason;
			else if (each.ready && each.state.running !== undefined) {
				running = true;
				ready += 1;
			}
		}
		if (reason === 'Completed' && running) reason = isReady(pod) ? 'Running' : 'NotReady';
	}
	if (metadata.deletionTimestamp !== undefined) reason = status.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
	return {ready: `${ready}/${spec.containers.length}`, status: reason, restarts, restartedAt};
}

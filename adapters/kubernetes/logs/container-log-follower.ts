import {AdapterError, isAdapterError, messageOf} from '../../../src/errors.ts';
import type {KubernetesPort, LogsRequest} from '../../../src/port/kubernetes.ts';
import type {PodObject} from '../../../src/port/kubernetes-objects.ts';
import {type Clock, pause} from '../../../src/time/clock.ts';
import {findApiRefusal} from '../api/errors.ts';
import {podObjectRef} from '../objects/pod-ref.ts';
import {type ContainerLog, containerStatusesByName} from './log-containers.ts';
import {
	containerState,
	initialLogFollowerState,
	type LogEvent,
	type LogFollowerEvent,
	type LogFollowerTimings,
	type LogStep,
	type ObservedContainer,
	reduceLogFollower,
} from './log-follower-state.ts';
import {type LogLine, parseLogLine} from './log-line.ts';
import type {ResumePoint} from './resume-point.ts';

export type ContainerLogFollowerOptions = {
	readonly port: KubernetesPort;
	readonly containerLog: ContainerLog;
	readonly clock: Clock;
	readonly timings: LogFollowerTimings;
	readonly signal: AbortSignal;
	/** What was read of the log already. */
	readonly resumePoint: ResumePoint;
	/** How far back to read while nothing was read. */
	readonly initialRange: Pick<LogsRequest, 'tailLines' | 'sinceSeconds'>;
	/** Restart count of the container when `resumePoint` was filled, where it is known. */
	readonly knownRestarts: number | undefined;
	/** The current pod; undefined when it was deleted. */
	currentPod(): PodObject | undefined;
	/** Resolves when the pods may have changed, after `ms` at the latest. */
	waitForChange(ms: number): Promise<void>;
	onLines(lines: readonly LogLine[]): Promise<void>;
	onEvent(event: LogEvent): void;
};

/** A follower in progress: its options, and where it reports what happened while a step goes on. */
type Follower = ContainerLogFollowerOptions & {report(event: LogFollowerEvent): LogStep | undefined};

/** Follows the log of one container across lost connections and restarts, until its pod is deleted or finished. See log-follower-state.ts. */
export async function followContainerLog(options: ContainerLogFollowerOptions): Promise<void> {
	const {signal, timings, onEvent} = options;
	let state = initialLogFollowerState(options.knownRestarts);

	function report(event: LogFollowerEvent): LogStep | undefined {
		const transition = reduceLogFollower(state, event, timings);
		state = transition.state;
		for (const each of transition.events) onEvent(each);
		return transition.step;
	}

	let step: LogStep | undefined = {kind: 'observe'};
	while (!signal.aborted && step !== undefined && step.kind !== 'finish') {
		let event: LogFollowerEvent;
		try {
			event = await performStep(step, {...options, report});
		} catch (thrown) {
			if (signal.aborted) break;
			event = {type: 'failed', error: toAdapterError(thrown), random: Math.random()};
		}
		step = report(event);
	}
	report({type: 'connected'});
}

const toAdapterError = (thrown: unknown): AdapterError =>
	isAdapterError(thrown)
		? thrown
		: new AdapterError('malformed', messageOf(thrown), 'midwatch keeps reading; report it when it happens again.');

/** Performs one step. @returns what happened. @throws when a read fails. */
async function performStep(step: LogStep, follower: Follower): Promise<LogFollowerEvent> {
	const {clock, signal, timings, waitForChange} = follower;
	switch (step.kind) {
		case 'wait':
			await waitForChange(timings.statusWaitMs);
			return observe(follower);
		case 'wait-for-state-change': {
			const until = clock.now() + timings.statusWaitMs;
			while (!signal.aborted && clock.now() < until && isInState(step.from, follower)) {
				await waitForChange(until - clock.now());
			}
			return observe(follower);
		}
		case 'retry':
			await pause(clock, step.ms, signal);
			return observe(follower);
		case 'read-previous-run': {
			const {missedRuns, container} = step;
			const isAvailable = await readIfAvailable(read(follower, {previous: true}, true));
			return {type: 'previous-run-read', missedRuns, container, isAvailable};
		}
		case 'follow':
			await read(follower, {follow: true}, step.isNewRun);
			return {type: 'follow-ended', from: step.from};
		case 'read-to-end':
			await read(follower, {}, step.isNewRun);
			return {type: 'end-reached', container: step.container};
		case 'observe':
		case 'finish':
			return observe(follower);
	}
}

function observe({currentPod, containerLog: {uid, container}}: Follower): LogFollowerEvent {
	const pod = currentPod();
	if (pod === undefined || pod.metadata.uid !== uid) return {type: 'pod-deleted'};
	const observed: ObservedContainer = {
		status: containerStatusesByName(pod).get(container),
		podPhase: pod.status?.phase,
	};
	return {type: 'observed', container: observed};
}

function isInState(state: string, {currentPod, containerLog}: Follower): boolean {
	const pod = currentPod();
	const status = pod && containerStatusesByName(pod).get(containerLog.container);
	return status !== undefined && containerState(status) === state;
}

/** False when the server answers 400: there is no such log. */
async function readIfAvailable(reading: Promise<void>): Promise<boolean> {
	try {
		await reading;
		return true;
	} catch (error) {
		if (findApiRefusal(error)?.code !== 400) throw error;
		return false;
	}
}

const contextOf = ({clock, signal}: Follower) => ({signal, now: () => clock.now()});

const requestOf = ({containerLog: {namespace, pod, container}}: Follower): LogsRequest => ({
	namespace,
	pod,
	container,
	timestamps: true,
});

const rangeFrom = (since: string | undefined): Partial<LogsRequest> => (since === undefined ? {} : {sinceTime: since});

/**
 * Reads on from the resume point, and reports only lines that are new. `isNewRun`: the log is that of another run, of which no line was
 * read before. When the first lines do not overlap with what was read, the container was restarted or lines are missing.
 */
async function read(follower: Follower, request: Partial<LogsRequest>, isNewRun: boolean): Promise<void> {
	const {port, clock, timings, resumePoint, report} = follower;
	const since = resumePoint.since();
	if (isNewRun && request.previous !== true) resumePoint.beginRun();
	else resumePoint.beginOverlap();
	let isOverlapKnown = since === undefined || isNewRun;
	const range = request.previous === true || since !== undefined ? rangeFrom(since) : follower.initialRange;
	// A quiet log counts as connected when it does not fail for a while.
	const cancelTimer = clock.after(timings.statusWaitMs, () => void report({type: 'connected'}));
	try {
		for await (const batch of port.readLogs({...requestOf(follower), ...range, ...request}, contextOf(follower))) {
			report({type: 'connected'});
			const lines = batch.map(parseLogLine);
			if (!isOverlapKnown) {
				const overlap = resumePoint.classifyOverlap(lines.map(({at}) => at));
				if (overlap === 'gap' && !(await readMissedLines(follower))) return;
				isOverlapKnown = overlap !== undefined;
			}
			await follower.onLines(lines.filter(({at}) => resumePoint.recordIfNew(at)));
		}
	} finally {
		cancelTimer();
	}
}

/**
 * Reads the rest of the previous run after a reconnect found lines without overlap, and reports a restart; or a gap when the previous
 * run does not overlap either.
 * @returns false when the pod was replaced by another one of the same name.
 */
async function readMissedLines(follower: Follower): Promise<boolean> {
	const {port, resumePoint, report, containerLog} = follower;
	const {namespace, pod: name, uid} = containerLog;
	const {metadata} = await port.get(podObjectRef({namespace, name, uid}), contextOf(follower));
	if (metadata.uid !== uid) return false;
	let overlap: 'overlaps' | 'gap' | undefined;
	const readPrevious = async () => {
		const request = {...requestOf(follower), previous: true, ...rangeFrom(resumePoint.since())};
		for await (const batch of port.readLogs(request, contextOf(follower))) {
			const lines = batch.map(parseLogLine);
			overlap ??= resumePoint.classifyOverlap(lines.map(({at}) => at));
			if (overlap === 'gap') return;
			await follower.onLines(lines.filter(({at}) => resumePoint.recordIfNew(at)));
		}
	};
	await readIfAvailable(readPrevious());
	report({type: overlap === 'overlaps' ? 'restart-found' : 'gap-found'});
	return true;
}

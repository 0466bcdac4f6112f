import type {AdapterError} from '../../../src/errors.ts';
import type {ContainerStatus} from '../../../src/port/kubernetes-objects.ts';
import {exponentialDelay} from '../../../src/time/backoff.ts';
import {findApiRefusal} from '../api/errors.ts';

/*
 * The state machine that follows the log of one container, without any I/O. `reduceLogFollower` takes what happened and returns the next
 * step, which the follower performs, and the events to report.
 */

export type LogFollowerTimings = {
	/** Backoff after the first lost connection; it doubles up to `maxRetryMs`. Milliseconds. */
	readonly retryMs: number;
	readonly maxRetryMs: number;
	/** How long to wait, after a log has ended, for the status of the container to say why, before it is opened again. */
	readonly statusWaitMs: number;
};

export const defaultLogFollowerTimings: LogFollowerTimings = {retryMs: 500, maxRetryMs: 10_000, statusWaitMs: 3000};

/** What is reported about a log, apart from its lines. */
export type LogEvent =
	| {readonly kind: 'disconnected'; readonly error: AdapterError}
	| {readonly kind: 'reconnected'}
	/** Lines that were written during an interruption are no longer available. */
	| {readonly kind: 'gap'}
	| {readonly kind: 'note'; readonly text: string; readonly isProblem: boolean};

export type LogFollowerState = {
	/** Restart count of the last run that was read; undefined before the first status. */
	readonly knownRestarts: number | undefined;
	/** Failures in a row, for the backoff. */
	readonly attempts: number;
	readonly isDisconnected: boolean;
	/** The container state (see containerState) that was read and reported completely; empty while the container runs. */
	readonly reportedState: string;
	/** Restart count of the run whose end was reported. */
	readonly reportedEnd: number | undefined;
};

/** What the follower does next. */
export type LogStep =
	/** Look at the current status of the container. */
	| {readonly kind: 'observe'}
	/** Wait for a change of the pods, then observe. */
	| {readonly kind: 'wait'}
	/** Wait until the container has another state than this one, then observe: the status may lag behind the end of the log. */
	| {readonly kind: 'wait-for-state-change'; readonly from: string}
	| {readonly kind: 'retry'; readonly ms: number}
	/** Read the log of the run before the current one. `missedRuns`: runs since the last one that was read. */
	| {readonly kind: 'read-previous-run'; readonly missedRuns: number; readonly container: ObservedContainer}
	/** Follow the log of the running container. `isNewRun`: no line of this run was read before. */
	| {readonly kind: 'follow'; readonly isNewRun: boolean; readonly from: string}
	/** Read the log of the terminated container to its end. */
	| {readonly kind: 'read-to-end'; readonly isNewRun: boolean; readonly container: ObservedContainer}
	| {readonly kind: 'finish'};

export type ObservedContainer = {
	/** Undefined while the pod has no status of the container. */
	readonly status: ContainerStatus | undefined;
	readonly podPhase: string | undefined;
};

export type LogFollowerEvent =
	| {readonly type: 'pod-deleted'}
	| {readonly type: 'observed'; readonly container: ObservedContainer}
	/** `isAvailable`: false when the server no longer has that log. */
	| {
			readonly type: 'previous-run-read';
			readonly missedRuns: number;
			readonly container: ObservedContainer;
			readonly isAvailable: boolean;
	  }
	| {readonly type: 'follow-ended'; readonly from: string}
	| {readonly type: 'end-reached'; readonly container: ObservedContainer}
	/** Lines arrived, or the log is open and quiet. */
	| {readonly type: 'connected'}
	/** A reconnect found lines of a new run, and read the rest of the previous one. */
	| {readonly type: 'restart-found'}
	/** A reconnect found that lines are missing. */
	| {readonly type: 'gap-found'}
	/** `random`: 0 <= n < 1 */
	| {readonly type: 'failed'; readonly error: AdapterError; readonly random: number};

export type LogTransition = {
	readonly state: LogFollowerState;
	/** Undefined: the current step continues. */
	readonly step: LogStep | undefined;
	readonly events: readonly LogEvent[];
};

/** The longest Retry-After that is respected. */
const maxRetryAfterMs = 60_000;

export const initialLogFollowerState = (knownRestarts: number | undefined): LogFollowerState => ({
	knownRestarts,
	attempts: 0,
	isDisconnected: false,
	reportedState: '',
	reportedEnd: undefined,
});

export function reduceLogFollower(
	state: LogFollowerState,
	event: LogFollowerEvent,
	timings: LogFollowerTimings,
): LogTransition {
	switch (event.type) {
		case 'pod-deleted':
			return {state, step: {kind: 'finish'}, events: [note('the pod was deleted', false)]};
		case 'observed':
			return afterObservation(state, event.container);
		case 'previous-run-read': {
			const events = [note(restartText(event.container.status, event.missedRuns, event.isAvailable), true)];
			return {...readRun(state, event.container, true), events};
		}
		case 'follow-ended':
			return {state, step: {kind: 'wait-for-state-change', from: event.from}, events: []};
		case 'end-reached':
			return afterEnd(state, event.container);
		case 'connected':
			return {
				state: {...state, isDisconnected: false, attempts: 0},
				step: undefined,
				events: state.isDisconnected ? [{kind: 'reconnected'}] : [],
			};
		case 'restart-found': {
			const knownRestarts = state.knownRestarts === undefined ? undefined : state.knownRestarts + 1;
			return {state: {...state, knownRestarts}, step: undefined, events: [note('restarted', true)]};
		}
		case 'gap-found':
			return {state, step: undefined, events: [{kind: 'gap'}]};
		case 'failed':
			return afterFailure(state, event, timings);
	}
}

const note = (text: string, isProblem: boolean): LogEvent => ({kind: 'note', text, isProblem});

/** `2 running`: restart count and state. Two equal texts mean that nothing happened to the container in between. */
export const containerState = ({state, restartCount = 0}: ContainerStatus): string =>
	`${restartCount} ${state?.running !== undefined ? 'running' : state?.terminated !== undefined ? 'terminated' : 'waiting'}`;

const terminationOf = (status: ContainerStatus | undefined) =>
	status?.state?.terminated ?? status?.lastState?.terminated;

function terminationText(termination: ReturnType<typeof terminationOf>): string {
	if (termination === undefined) return '';
	return `ended: ${[termination.reason, `exit code ${termination.exitCode ?? 0}`].filter(Boolean).join(', ')}`;
}

function restartText(status: ContainerStatus | undefined, missedRuns: number, isAvailable: boolean): string {
	const last = status?.lastState?.terminated;
	return [
		`restarted (${status?.restartCount ?? 0})`,
		...(last === undefined ? [] : [`the previous run ${terminationText(last)}`]),
		...(isAvailable ? [] : ['its log is no longer available']),
		...(missedRuns === 1 ? [] : [`${missedRuns - 1} runs in between were not read`]),
	].join('; ');
}

function afterObservation(state: LogFollowerState, container: ObservedContainer): LogTransition {
	const {status} = container;
	if (status === undefined) return {state, step: {kind: 'wait'}, events: []};
	const hasStarted = status.state?.running !== undefined || terminationOf(status) !== undefined;
	if (!hasStarted) {
		const current = containerState(status);
		const {reason = 'not started yet', message = ''} = status.state?.waiting ?? {};
		const text = `waiting: ${[reason, message].filter(Boolean).join(': ')}`;
		return {
			state: {...state, reportedState: current},
			step: {kind: 'wait'},
			events: state.reportedState === current ? [] : [note(text, false)],
		};
	}
	const restarts = status.restartCount ?? 0;
	const missedRuns = state.knownRestarts === undefined ? 0 : restarts - state.knownRestarts;
	const observed = {...state, knownRestarts: restarts};
	if (missedRuns > 0) return {state: observed, step: {kind: 'read-previous-run', missedRuns, container}, events: []};
	return readRun(observed, container, false);
}

/** Reads the current run: follows it while it runs, else reads it to its end unless that was done. */
function readRun(state: LogFollowerState, container: ObservedContainer, isNewRun: boolean): LogTransition {
	const {status, podPhase} = container;
	if (status === undefined) return {state, step: {kind: 'wait'}, events: []};
	const current = containerState(status);
	if (status.state?.running !== undefined) {
		return {state: {...state, reportedState: ''}, step: {kind: 'follow', isNewRun, from: current}, events: []};
	}
	if (state.reportedState === current) return {state, step: stepAfterEnd(podPhase), events: []};
	return {state, step: {kind: 'read-to-end', isNewRun, container}, events: []};
}

function afterEnd(state: LogFollowerState, {status, podPhase}: ObservedContainer): LogTransition {
	if (status === undefined) return {state, step: {kind: 'wait'}, events: []};
	const restarts = status.restartCount ?? 0;
	const termination = terminationOf(status);
	return {
		state: {...state, reportedEnd: restarts, reportedState: containerState(status)},
		step: stepAfterEnd(podPhase),
		events: state.reportedEnd === restarts ? [] : [note(terminationText(termination), termination?.exitCode !== 0)],
	};
}

const stepAfterEnd = (podPhase: string | undefined): LogStep =>
	podPhase === 'Succeeded' || podPhase === 'Failed' ? {kind: 'finish'} : {kind: 'wait'};

function afterFailure(
	state: LogFollowerState,
	{error, random}: Extract<LogFollowerEvent, {type: 'failed'}>,
	{retryMs, maxRetryMs}: LogFollowerTimings,
): LogTransition {
	const refusal = findApiRefusal(error);
	if (refusal?.code === 403 || error.kind === 'unsupported') {
		return {state, step: {kind: 'finish'}, events: [note(`${error.message}. ${error.hint}`, true)]};
	}
	const attempts = state.attempts + 1;
	// 404: the pod was just deleted, 400: its container does not run right now. The status follows soon.
	if (refusal?.code === 404 || refusal?.code === 400) {
		return {state: {...state, attempts}, step: {kind: 'retry', ms: retryMs * Math.min(attempts, 8)}, events: []};
	}
	const jitter = 0.75 + random / 2;
	const ms =
		refusal?.retryAfterMs === undefined
			? exponentialDelay(attempts - 1, {initialMs: retryMs, maxMs: maxRetryMs}) * jitter
			: Math.min(refusal.retryAfterMs, maxRetryAfterMs);
	return {
		state: {...state, attempts, isDisconnected: true},
		step: {kind: 'retry', ms},
		events: state.isDisconnected ? [] : [{kind: 'disconnected', error}],
	};
}

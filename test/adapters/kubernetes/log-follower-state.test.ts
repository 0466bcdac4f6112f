import {describe, expect, it} from 'vitest';
import {apiRefusalError} from '../../../adapters/kubernetes/api/errors.ts';
import {
	initialLogFollowerState,
	type LogEvent,
	type LogFollowerEvent,
	type LogStep,
	type ObservedContainer,
	reduceLogFollower,
} from '../../../adapters/kubernetes/logs/log-follower-state.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {ContainerStatus} from '../../../src/port/kubernetes-objects.ts';

const timings = {retryMs: 500, maxRetryMs: 10_000, statusWaitMs: 3000};
const refusal = (code: number) =>
	apiRefusalError({code, reason: '', message: `status ${code}`, retryAfterMs: undefined, causes: []}, 'read the log');
const unreachable = new AdapterError('unreachable', 'socket hang up', 'Check the network.');

const container = (status: Partial<ContainerStatus> | undefined, podPhase = 'Running'): ObservedContainer => ({
	status: status && {name: 'main', ...status},
	podPhase,
});
const running = (restartCount = 0) => container({restartCount, state: {running: {}}});
const terminated = (exitCode: number, podPhase?: string, restartCount = 0) =>
	container({restartCount, state: {terminated: {reason: 'Error', exitCode}}}, podPhase);
const restarted = container({
	restartCount: 3,
	state: {running: {}},
	lastState: {terminated: {reason: 'OOMKilled', exitCode: 137}},
});
const observed = (what: ObservedContainer): LogFollowerEvent => ({type: 'observed', container: what});
const failed = (error: AdapterError): LogFollowerEvent => ({type: 'failed', error, random: 0.5});

function run(
	events: readonly LogFollowerEvent[],
	{knownRestarts}: {readonly knownRestarts: number | undefined} = {knownRestarts: 0},
) {
	let state = initialLogFollowerState(knownRestarts);
	let step: LogStep | undefined;
	const reported: LogEvent[] = [];
	for (const event of events) {
		const transition = reduceLogFollower(state, event, timings);
		state = transition.state;
		step = transition.step;
		reported.push(...transition.events);
	}
	return {state, step, texts: reported.map(event => (event.kind === 'note' ? event.text : event.kind))};
}

const cases: readonly (readonly [
	title: string,
	events: readonly LogFollowerEvent[],
	step: LogStep | undefined,
	texts: readonly string[],
])[] = [
	['waits for a status', [observed(container(undefined))], {kind: 'wait'}, []],
	[
		'says once why a container waits',
		[
			observed(container({state: {waiting: {reason: 'ImagePullBackOff'}}})),
			observed(container({state: {waiting: {reason: 'ImagePullBackOff'}}})),
		],
		{kind: 'wait'},
		['waiting: ImagePullBackOff'],
	],
	['follows a running container', [observed(running())], {kind: 'follow', isNewRun: false, from: '0 running'}, []],
	[
		'waits for the status after the log has ended',
		[observed(running()), {type: 'follow-ended', from: '0 running'}],
		{kind: 'wait-for-state-change', from: '0 running'},
		[],
	],
	[
		'reads the log of a terminated container to its end',
		[observed(terminated(1))],
		{kind: 'read-to-end', isNewRun: false, container: terminated(1)},
		[],
	],
	[
		'reports the end of a container once',
		[observed(terminated(1)), {type: 'end-reached', container: terminated(1)}, observed(terminated(1))],
		{kind: 'wait'},
		['ended: Error, exit code 1'],
	],
	[
		'finishes with the pod',
		[observed(terminated(0, 'Succeeded')), {type: 'end-reached', container: terminated(0, 'Succeeded')}],
		{kind: 'finish'},
		['ended: Error, exit code 0'],
	],
	['finishes when the pod was deleted', [{type: 'pod-deleted'}], {kind: 'finish'}, ['the pod was deleted']],
	[
		'reads the previous run after a restart',
		[observed(restarted)],
		{kind: 'read-previous-run', missedRuns: 3, container: restarted},
		[],
	],
	[
		'follows the new run after the previous one',
		[observed(restarted), {type: 'previous-run-read', missedRuns: 3, container: restarted, isAvailable: true}],
		{kind: 'follow', isNewRun: true, from: '3 running'},
		['restarted (3); the previous run ended: OOMKilled, exit code 137; 2 runs in between were not read'],
	],
	[
		'says that the log of the previous run is no longer available',
		[observed(restarted), {type: 'previous-run-read', missedRuns: 1, container: restarted, isAvailable: false}],
		{kind: 'follow', isNewRun: true, from: '3 running'},
		['restarted (3); the previous run ended: OOMKilled, exit code 137; its log is no longer available'],
	],
	['retries soon when the container does not run', [failed(refusal(400))], {kind: 'retry', ms: 500}, []],
	[
		'reports a lost connection once',
		[failed(unreachable), failed(unreachable)],
		{kind: 'retry', ms: 1000},
		['disconnected'],
	],
	[
		'reports that it is connected again',
		[failed(unreachable), {type: 'connected'}, {type: 'connected'}],
		undefined,
		['disconnected', 'reconnected'],
	],
	[
		'gives up without permission',
		[failed(refusal(403))],
		{kind: 'finish'},
		[expect.stringMatching(/^read the log: status 403/)],
	],
	['reports a gap', [{type: 'gap-found'}], undefined, ['gap']],
];

describe('the state of a log follower', () => {
	it.each(cases)('%s', (_, events, step, texts) => {
		const result = run(events);
		expect(result.step).toEqual(step);
		expect(result.texts).toEqual(texts);
	});

	it('reads no previous run when it is unknown which run was read', () => {
		expect(run([observed(restarted)], {knownRestarts: undefined}).step).toMatchObject({
			kind: 'follow',
			isNewRun: false,
		});
	});

	it('counts a restart that a reconnect has found', () => {
		const {state, step} = run([observed(running()), {type: 'restart-found'}, observed(running(1))]);
		expect(state.knownRestarts).toBe(1);
		expect(step).toEqual({kind: 'follow', isNewRun: false, from: '1 running'});
	});

	it('resets the backoff when it is connected', () => {
		expect(run([failed(unreachable), failed(unreachable), {type: 'connected'}]).state.attempts).toBe(0);
	});
});

import {describe, expect, it} from 'vitest';
import {configCause, podCause, unschedulableCause} from '../../../../src/model/kubernetes/pod-cause.ts';
import {kubectlPodColumns} from '../../../../src/model/kubernetes/pod-status.ts';
import type {ContainerStatus, PodObject} from '../../../../src/port/kubernetes-objects.ts';

type Spec = NonNullable<PodObject['spec']>;
type Status = NonNullable<PodObject['status']>;

function pod(
	status: Status,
	spec: Spec = {containers: [{name: 'a'}]},
	metadata: Partial<PodObject['metadata']> = {},
): PodObject {
	return {metadata: {name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1', ...metadata}, spec, status};
}

const running: ContainerStatus = {
	name: 'a',
	ready: true,
	restartCount: 0,
	state: {running: {startedAt: '2026-11-21T12:00:00Z'}},
};
const waiting = (reason: string, message?: string): ContainerStatus => ({
	name: 'a',
	ready: false,
	restartCount: 3,
	state: {waiting: {reason, ...(message === undefined ? {} : {message})}},
	lastState: {terminated: {exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-11-21T12:00:00Z'}},
});
const ended = (terminated: NonNullable<NonNullable<ContainerStatus['state']>['terminated']>): ContainerStatus => ({
	name: 'a',
	ready: false,
	restartCount: 0,
	state: {terminated},
});
const two: Spec = {containers: [{name: 'a'}, {name: 'b'}]};
const withInit: Spec = {containers: [{name: 'a'}], initContainers: [{name: 'i'}, {name: 'j'}]};
const withSidecar: Spec = {containers: [{name: 'a'}], initContainers: [{name: 's', restartPolicy: 'Always'}]};
const deleted = {deletionTimestamp: '2026-11-21T12:00:00Z'};
const gated = {type: 'PodScheduled', status: 'False', reason: 'SchedulingGated'};
const readyTrue = {type: 'Ready', status: 'True'};
const initTrue = {type: 'Initialized', status: 'True'};

// Facts of kubectl's own printer and its tests: pkg/printers/internalversion/printers_test.go
const cases: readonly (readonly [name: string, pod: PodObject, status: string, ready: string, restarts: number])[] = [
	['running', pod({phase: 'Running', containerStatuses: [running]}), 'Running', '1/1', 0],
	[
		'one of two',
		pod({phase: 'Running', containerStatuses: [running, {...running, name: 'b', ready: false}]}, two),
		'Running',
		'1/2',
		0,
	],
	['only a phase', pod({phase: 'Pending'}), 'Pending', '0/1', 0],
	['reason of the pod', pod({phase: 'Failed', reason: 'Evicted'}), 'Evicted', '0/1', 0],
	['gated', pod({phase: 'Pending', conditions: [gated]}), 'SchedulingGated', '0/1', 0],
	['waiting', pod({phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff')]}), 'CrashLoopBackOff', '0/1', 3],
	[
		'ended with a reason',
		pod({phase: 'Failed', containerStatuses: [ended({exitCode: 1, reason: 'Error'})]}),
		'Error',
		'0/1',
		0,
	],
	[
		'ended by a signal',
		pod({phase: 'Failed', containerStatuses: [ended({exitCode: 137, signal: 9})]}),
		'Signal:9',
		'0/1',
		0,
	],
	['ended by a code', pod({phase: 'Failed', containerStatuses: [ended({exitCode: 3})]}), 'ExitCode:3', '0/1', 0],
	[
		'finished',
		pod({phase: 'Succeeded', containerStatuses: [ended({exitCode: 0, reason: 'Completed'})]}),
		'Completed',
		'0/1',
		0,
	],
	[
		'the first container decides',
		pod(
			{phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff'), {...waiting('ImagePullBackOff'), name: 'b'}]},
			two,
		),
		'CrashLoopBackOff',
		'0/2',
		6,
	],
	[
		'finished beside one that runs, ready',
		pod(
			{
				phase: 'Running',
				conditions: [readyTrue],
				containerStatuses: [ended({exitCode: 0, reason: 'Completed'}), {...running, name: 'b'}],
			},
			two,
		),
		'Running',
		'1/2',
		0,
	],
	[
		'finished beside one that runs, not ready',
		pod(
			{phase: 'Running', containerStatuses: [ended({exitCode: 0, reason: 'Completed'}), {...running, name: 'b'}]},
			two,
		),
		'NotReady',
		'1/2',
		0,
	],
	[
		'first init container',
		pod({phase: 'Pending', initContainerStatuses: [{...running, name: 'i', ready: false}]}, withInit),
		'Init:0/2',
		'0/1',
		0,
	],
	[
		'second init container',
		pod(
			{
				phase: 'Pending',
				initContainerStatuses: [
					{...ended({exitCode: 0}), name: 'i'},
					{...running, name: 'j', ready: false},
				],
			},
			withInit,
		),
		'Init:1/2',
		'0/1',
		0,
	],
	[
		'init container that fails',
		pod({phase: 'Pending', initContainerStatuses: [{...ended({exitCode: 1, reason: 'Error'}), name: 'i'}]}, withInit),
		'Init:Error',
		'0/1',
		0,
	],
	[
		'init container by a code',
		pod({phase: 'Pending', initContainerStatuses: [{...ended({exitCode: 4}), name: 'i'}]}, withInit),
		'Init:ExitCode:4',
		'0/1',
		0,
	],
	[
		'init container in a loop',
		pod({phase: 'Pending', initContainerStatuses: [{...waiting('CrashLoopBackOff'), name: 'i'}]}, withInit),
		'Init:CrashLoopBackOff',
		'0/1',
		3,
	],
	[
		'init container not begun',
		pod(
			{phase: 'Pending', initContainerStatuses: [{name: 'i', state: {waiting: {reason: 'PodInitializing'}}}]},
			withInit,
		),
		'Init:0/2',
		'0/1',
		0,
	],
	[
		'a sidecar counts',
		pod(
			{
				phase: 'Running',
				conditions: [initTrue],
				initContainerStatuses: [{...running, name: 's', started: true, restartCount: 2}],
				containerStatuses: [{...running, restartCount: 1}],
			},
			withSidecar,
		),
		'Running',
		'2/2',
		3,
	],
	[
		'restarts of init containers are forgotten once they are done',
		pod(
			{
				phase: 'Running',
				conditions: [initTrue],
				initContainerStatuses: [
					{...ended({exitCode: 0}), name: 'i', restartCount: 5},
					{...ended({exitCode: 0}), name: 'j'},
				],
				containerStatuses: [running],
			},
			withInit,
		),
		'Running',
		'1/1',
		0,
	],
	['deleted when it had failed', pod({phase: 'Failed', reason: 'Evicted'}, undefined, deleted), 'Evicted', '0/1', 0],
	['being deleted', pod({phase: 'Running', containerStatuses: [running]}, undefined, deleted), 'Terminating', '1/1', 0],
	[
		'deleted when it had finished',
		pod({phase: 'Succeeded', containerStatuses: [ended({exitCode: 0, reason: 'Completed'})]}, undefined, deleted),
		'Completed',
		'0/1',
		0,
	],
	[
		'its node is lost',
		pod({phase: 'Running', reason: 'NodeLost', containerStatuses: [running]}, undefined, deleted),
		'Unknown',
		'1/1',
		0,
	],
];

describe('status of a pod', () => {
	it.each(cases)('%s', (_name, object, status, ready, restarts) => {
		const found = kubectlPodColumns(object);
		expect([found.status, `${found.ready}/${found.containers}`, found.restarts]).toEqual([status, ready, restarts]);
	});

	it('has the time of the last restart, only where there was one', () => {
		const object = pod({phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff')]});
		expect(kubectlPodColumns(object).restartedAt).toBe(Date.UTC(2026, 10, 21, 12));
		expect(kubectlPodColumns(pod({phase: 'Running', containerStatuses: [running]})).restartedAt).toBeUndefined();
	});
});

describe('cause beside the status', () => {
	const cause = (status: ContainerStatus, warnings: readonly string[] = []) => {
		const object = pod({phase: 'Running', containerStatuses: [status]});
		return podCause(object, kubectlPodColumns(object).status, warnings);
	};

	it.each([
		['CrashLoopBackOff', undefined, [], 'OOMKilled 137'],
		['ImagePullBackOff', 'Back-off pulling image "x"', ['Failed to pull image "x": manifest unknown'], 'not found'],
		['ErrImagePull', 'pull access denied, repository does not exist or may require authorization', [], 'not found'],
		['ErrImagePull', 'failed to authorize: 401 Unauthorized', [], 'no permission to pull'],
		['ErrImagePull', 'dial tcp: lookup registry.test: no such host', [], 'the registry name does not resolve'],
		['ErrImagePull', 'toomanyrequests: You have reached your pull rate limit', [], 'rate limit of the registry'],
		[
			'CreateContainerConfigError',
			"couldn't find key api-key in Secret notify/sms",
			[],
			'secret sms missing key api-key',
		],
		['CreateContainerConfigError', 'secret "sms" not found', [], 'secret sms not found'],
	])('%s: %s', (reason, message, warnings, expected) => {
		expect(cause(waiting(reason, message), warnings)).toBe(expected);
	});

	it.each([
		[
			'0/12 nodes are available: 12 Insufficient cpu. preemption: 0/12 nodes are available.',
			'0/12 nodes: insufficient cpu',
		],
		[
			'0/3 nodes are available: 1 node(s) had untolerated taint {a: b}, 2 Insufficient memory.',
			'0/3 nodes: untolerated taint {a: b}, insufficient memory',
		],
		['running PreBind plugin failed', 'running PreBind plugin failed'],
	])('the scheduler: %s', (message, expected) => {
		expect(unschedulableCause(message)).toBe(expected);
	});

	it('is the shortened message when its form is not known', () => {
		expect(configCause('something new happened. And more')).toBe('something new happened');
	});
});

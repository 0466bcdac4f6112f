import {expect} from 'vitest';
import type {Pod} from '../../../demo/kubernetes-api/objects/kinds.ts';
import {eventually} from '../../time-left.ts';
import type {ClusterFixture} from './cluster-fixture.ts';

/** Ends and restarts the container of pods that `addPod` made with its own namespace and image. */
export type ContainerRuns = {
	/** Ends the current run within a second. */
	end(pod: string, reason: string, exitCode: number, phase: Pod['status']['phase']): void;
	/** Ends the current run and waits until the kubelet has started the next one and reports it ready. */
	restart(pod: string, reason: string, exitCode: number): Promise<void>;
	/** Ends the pod as a Job does that succeeded. */
	complete(pod: string): void;
	/** The number of the last line that the previous run wrote. */
	lastLineOfPreviousRun(pod: string): number;
	/** How many lines the current run has written by now. */
	writtenLines(pod: string): number;
};

/** Timestamps of pods have a resolution of one second. */
const timestampIn = (seconds: number) => `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;

export function createContainerRuns({api: {simulation}}: ClusterFixture): ContainerRuns {
	const {store} = simulation.cluster;
	const statusOf = (pod: string) => store.get<Pod>('pods', 'fixture', pod)?.status.containerStatuses?.[0];
	const linesPerSecond = () => simulation.programs.get('fixture:1').linesPerSecond ?? 0;

	function end(name: string, reason: string, exitCode: number, phase: Pod['status']['phase']): void {
		const pod = store.get<Pod>('pods', 'fixture', name);
		const status = statusOf(name);
		if (pod === undefined || status === undefined) throw new Error(`there is no container of pod ${name}`);
		const finishedAt = timestampIn(1);
		const startedAt = status.state.running?.startedAt ?? finishedAt;
		const terminated = {reason, exitCode, startedAt, finishedAt, containerID: ''};
		const ended = {...status, ready: false, state: {terminated}};
		store.put('pods', {...pod, status: {...pod.status, phase, containerStatuses: [ended]}});
	}

	return {
		end,
		async restart(pod, reason, exitCode) {
			end(pod, reason, exitCode, 'Running');
			await eventually(() => expect(statusOf(pod)).toMatchObject({restartCount: 1, ready: true}));
		},
		complete: pod => end(pod, 'Completed', 0, 'Succeeded'),
		lastLineOfPreviousRun(pod) {
			const {startedAt = '', finishedAt = ''} = statusOf(pod)?.lastState.terminated ?? {};
			return Math.floor(((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000) * linesPerSecond());
		},
		writtenLines(pod) {
			const startedAt = Date.parse(statusOf(pod)?.state.running?.startedAt ?? '');
			return ((Date.now() - startedAt) / 1000) * linesPerSecond();
		},
	};
}

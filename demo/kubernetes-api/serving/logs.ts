import type {FakeCluster} from '../cluster.ts';
import type {ClusterScenario} from '../cluster-scenario.ts';
import {badRequest, notFound} from '../objects/api-error.ts';
import type {ContainerStatus, Pod, Terminated} from '../objects/kinds.ts';
import {parseTimestamp} from '../objects/kube-object.ts';
import type {ContainerProgram, ContainerPrograms} from '../objects/programs.ts';
import {logLine} from './log-lines.ts';
import type {ResponseWriter} from './reply.ts';
import type {ResourceRequest, ResourceResponse} from './resource-request.ts';

/** The interval at which due lines are sent to followers. */
const followEveryMs = 50;
const defaultRetainedLines = 50_000;

/**
 * One run of a container. Its lines are not stored: line `n` is written at `from` + n / rate and has the same text whenever it is read,
 * so that none can be lost here, and a reader can be held to each one by its number.
 */
type ContainerRun = {
	readonly id: string;
	readonly from: number;
	readonly to: number | undefined;
	readonly program: ContainerProgram;
	readonly end: Terminated | undefined;
};

type Line = {readonly at: number; readonly text: string};

const rate = ({program}: ContainerRun) => program.linesPerSecond ?? 0.5;
const moment = (life: ContainerRun, index: number) => life.from + (index / rate(life)) * 1000;

/** How many lines were written before `at`. */
const countAt = (life: ContainerRun, at: number): number =>
	Math.max(0, Math.floor(((Math.min(at, life.to ?? at) - life.from) / 1000) * rate(life)) + 1);

function lineOf(life: ContainerRun, index: number, scenario: ClusterScenario): Line {
	const at = moment(life, index);
	return {at, text: logLine({id: life.id, index, at, form: life.program.logs ?? 'text', scenario})};
}

/** A timestamp as the kubelet writes it, with nanoseconds. */
const stamp = (at: number): string => {
	const milliseconds = Math.floor(at);
	const rest = Math.floor((at - milliseconds) * 1e6);
	return `${new Date(milliseconds).toISOString().slice(0, -1)}${String(rest).padStart(6, '0')}Z`;
};

function findContainerRun(
	pod: Pod,
	status: ContainerStatus,
	programs: ContainerPrograms,
	previous: boolean,
): ContainerRun {
	const program = programs.get(status.image);
	const {state, lastState, restartCount, name} = status;
	const key = `${pod.metadata.uid}/${name}`;
	const ended = previous
		? lastState.terminated
		: (state.terminated ?? (state.running ? undefined : lastState.terminated));
	const id = `${key}/${state.running && previous ? restartCount - 1 : restartCount}`;
	if (ended !== undefined) {
		return {id, from: parseTimestamp(ended.startedAt) ?? 0, to: parseTimestamp(ended.finishedAt), program, end: ended};
	}
	const from = parseTimestamp(state.running?.startedAt);
	if (previous) throw badRequest(`previous terminated container "${name}" in pod "${pod.metadata.name}" not found`);
	if (from === undefined) {
		const why = state.waiting?.reason ?? 'ContainerCreating';
		const word = /Image/.test(why) ? `trying and failing to pull image` : why;
		throw badRequest(`container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${word}`);
	}
	return {id, from, to: undefined, program, end: undefined};
}

/** `GET pods/NAME/log` with all its parameters but insecureSkipTLSVerifyBackend. */
export function handleLogs(
	cluster: FakeCluster,
	scenario: ClusterScenario,
	programs: ContainerPrograms,
	call: ResourceRequest,
): ResourceResponse {
	const {namespace, name = '', query} = call;
	const pod = cluster.store.get<Pod>('pods', namespace, name);
	if (pod === undefined) throw notFound({resource: 'pods', name});
	const wanted = query.get('container') ?? undefined;
	const known = pod.spec.containers.map(container => container.name);
	if (wanted === undefined && known.length > 1) {
		throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${known.join(' ')}]`);
	}
	const container = wanted ?? known[0] ?? '';
	if (!known.includes(container)) throw badRequest(`container ${container} is not valid for pod ${name}`);
	const status = pod.status.containerStatuses?.find(each => each.name === container);
	if (status === undefined) {
		const why =
			pod.spec.nodeName === undefined
				? `pod ${name} does not have a host assigned`
				: `container "${container}" in pod "${name}" is waiting to start: ContainerCreating`;
		throw badRequest(why);
	}
	const life = findContainerRun(pod, status, programs, query.get('previous') === 'true');
	const follow = query.get('follow') === 'true' || query.get('follow') === '1';
	const stream = (reply: ResponseWriter) => send(cluster, scenario, call, life, reply, follow);
	return {contentType: 'text/plain', stream};
}

function send(
	cluster: FakeCluster,
	scenario: ClusterScenario,
	call: ResourceRequest,
	life: ContainerRun,
	reply: ResponseWriter,
	follow: boolean,
) {
	const {query} = call;
	const {clock, store} = cluster;
	const stamped = query.get('timestamps') === 'true';
	let bytesLeft = query.has('limitBytes') ? Number(query.get('limitBytes')) : Number.POSITIVE_INFINITY;
	const write = (lines: readonly Line[]) => {
		const text = lines.map(({at, text: line}) => `${stamped ? `${stamp(at)} ` : ''}${line}\n`).join('');
		if (text === '' || bytesLeft <= 0) return;
		const part = text.slice(0, bytesLeft);
		bytesLeft -= part.length;
		reply.write(part);
	};
	const range = (from: number, to: number) =>
		Array.from({length: Math.max(0, to - from)}, (_, index) => lineOf(life, from + index, scenario));
	const lastWords = () => {
		if (life.end?.message !== undefined && life.end.message !== '') write([{at: life.to ?? 0, text: life.end.message}]);
	};

	let next = countAt(life, clock.now());
	const since = sinceOf(query, clock.now());
	const sinceIndex = since === undefined ? 0 : Math.max(0, Math.ceil(((since - life.from) / 1000) * rate(life)));
	const tail = query.has('tailLines') ? Math.max(0, Number(query.get('tailLines'))) : Number.POSITIVE_INFINITY;
	const spared = life.end?.message ? 1 : 0;
	write(
		range(
			Math.max(
				0,
				sinceIndex,
				next - (life.program.retainedLines ?? defaultRetainedLines),
				next - Math.max(0, tail - spared),
			),
			next,
		),
	);
	if (tail > 0 && (life.to ?? 0) >= (since ?? 0)) lastWords();
	if (!follow || life.to !== undefined) return reply.end();

	/** The container may have ended since: then its last lines are those until its end. */
	function again() {
		if (reply.closed || bytesLeft <= 0) return reply.end();
		const pod = store.get<Pod>('pods', call.namespace, call.name ?? '');
		const status = pod?.status.containerStatuses?.find(
			each => `${pod.metadata.uid}/${each.name}` === life.id.replace(/\/\d+$/, ''),
		);
		const same = status?.state.running !== undefined && parseTimestamp(status.state.running.startedAt) === life.from;
		const end = same ? undefined : (status?.state.terminated ?? status?.lastState.terminated);
		const until = countAt(
			life,
			same ? clock.now() : Math.min(clock.now(), parseTimestamp(end?.finishedAt) ?? clock.now()),
		);
		write(range(next, until));
		next = Math.max(next, until);
		if (same) return void clock.after(followEveryMs, again);
		if (end?.message) write([{at: parseTimestamp(end.finishedAt) ?? 0, text: end.message}]);
		reply.end();
	}
	clock.after(followEveryMs, again);
}

function sinceOf(query: URLSearchParams, now: number): number | undefined {
	const seconds = query.get('sinceSeconds');
	const time = query.get('sinceTime');
	if (seconds !== null && time !== null)
		throw badRequest('at most one of `sinceTime` or `sinceSeconds` may be specified');
	if (seconds !== null) return now - Number(seconds) * 1000;
	// The API server cuts it to seconds on the way to the kubelet.
	return time === null ? undefined : Math.floor(Date.parse(time) / 1000) * 1000;
}

import {AdapterError, isAdapterError, messageOf} from '../../../src/errors.ts';
import type {KubernetesPort, LogsRequest} from '../../../src/port/kubernetes.ts';
import type {ContainerStatus, PodObject} from '../../../src/port/kubernetes-objects.ts';
import {exponentialDelay} from '../../../src/time/backoff.ts';
import {type Clock, pause} from '../../../src/time/clock.ts';
import {findApiRefusal} from '../api/errors.ts';
import {podObjectRef} from '../objects/pod-ref.ts';
import {type ContainerLog, containerStatusesByName} from './log-containers.ts';
import {type LogLine, parseLogLine} from './log-line.ts';
import type {ResumePoint} from './resume-point.ts';

export type LogFollowerTimings = {
	/** The first wait after a broken connection; it doubles up to `slowestMs`. Milliseconds. */
	readonly retryMs: number;
	readonly maxRetryMs: number;
	/** After the end of a container's log it is waited so long for its status to tell why, before the log is opened again. */
	readonly statusWaitMs: number;
};

export const defaultLogFollowerTimings: LogFollowerTimings = {retryMs: 500, maxRetryMs: 10_000, statusWaitMs: 3000};

/** What of a log has to be told beside its lines. */
export type LogEvent =
	| {readonly kind: 'lost'; readonly error: AdapterError}
	| {readonly kind: 'back'}
	/** What was written while the connection was down is not there any more. */
	| {readonly kind: 'gap'}
	| {readonly kind: 'said'; readonly text: string; readonly bad: boolean};

export type ContainerLogFollowerOptions = {
	readonly port: KubernetesPort;
	readonly containerLog: ContainerLog;
	readonly clock: Clock;
	readonly timings: LogFollowerTimings;
	readonly signal: AbortSignal;
	/** What was read of it already. */
	readonly resumePoint: ResumePoint;
	/** How far back it is read as long as nothing was. */
	readonly initialRange: Pick<LogsRequest, 'tailLines' | 'sinceSeconds'>;
	/** Runs of the container before, as far as known when `seen` was filled. */
	readonly knownRestarts: number | undefined;
	/** The pod as it is known now; undefined when it is gone. */
	currentPod(): PodObject | undefined;
	/** Settles when the pods may have changed, after `ms` at the latest. */
	waitForChange(ms: number): Promise<void>;
	onLines(lines: readonly LogLine[]): Promise<void>;
	onEvent(news: LogEvent): void;
};

const stateOf = ({state, restartCount = 0}: ContainerStatus): string =>
	`${restartCount} ${state?.running !== undefined ? 'runs' : state?.terminated !== undefined ? 'ended' : 'waits'}`;

const endOf = ({state, lastState}: ContainerStatus) => state?.terminated ?? lastState?.terminated;

function endText(status: ContainerStatus): string {
	const end = endOf(status);
	if (end === undefined) return '';
	return `ended: ${[end.reason, `exit code ${end.exitCode ?? 0}`].filter(Boolean).join(', ')}`;
}

/** Follows the log of one container through broken connections and restarts, until its pod is gone or has come to its end. */
export async function followContainerLog(options: ContainerLogFollowerOptions): Promise<void> {
	const {port, containerLog: part, clock, timings, signal, resumePoint: seen, onEvent: tell} = options;
	const {namespace, pod: name, container, uid} = part;
	const request = {namespace, pod: name, container, timestamps: true};
	const context = {signal, now: () => clock.now()};
	let known = options.knownRestarts;
	let attempts = 0;
	let lost = false;
	/** What was read to its end and told. */
	let done = '';
	let toldEnd = -1;

	const isBack = () => {
		if (lost) tell({kind: 'back'});
		lost = false;
		attempts = 0;
	};

	/** What comes is all new: the run before may have ended while nobody read. @returns false when another pod has the name now. */
	async function readBefore(): Promise<boolean> {
		const {metadata} = await port.get(podObjectRef({namespace, name, uid}), context);
		if (metadata.uid !== uid) return false;
		let verdict: 'same' | 'late' | undefined;
		try {
			for await (const raw of port.readLogs({...request, previous: true, ...from(seen.since())}, context)) {
				const lines = raw.map(parseLogLine);
				verdict ??= seen.classifyOverlap(lines.map(({at}) => at));
				if (verdict === 'late') break;
				await options.onLines(lines.filter(({at}) => seen.recordIfNew(at)));
			}
		} catch (error) {
			if (findApiRefusal(error)?.code !== 400) throw error;
		}
		if (verdict === 'same') {
			if (known !== undefined) known += 1;
			tell({kind: 'said', text: 'started again', bad: true});
		} else tell({kind: 'gap'});
		return true;
	}

	/** Reads on from where it was. `fresh`: what comes is of another run, so that nothing of it can have come before. */
	async function read(more: Partial<LogsRequest>, fresh = false): Promise<void> {
		const since = seen.since();
		if (fresh && more.previous !== true) seen.beginRun();
		else seen.beginOverlap();
		let verdict = since === undefined || fresh ? ('same' as const) : undefined;
		const asked = more.previous === true || since !== undefined ? from(since) : options.initialRange;
		// A quiet log is there again when nothing is said against it for a while.
		const callOff = clock.after(timings.statusWaitMs, isBack);
		try {
			for await (const raw of port.readLogs({...request, ...asked, ...more}, context)) {
				isBack();
				const lines = raw.map(parseLogLine);
				if (verdict === undefined) {
					const found = seen.classifyOverlap(lines.map(({at}) => at));
					if (found === 'late' && !(await readBefore())) return;
					if (found !== undefined) verdict = 'same';
				}
				await options.onLines(lines.filter(({at}) => seen.recordIfNew(at)));
			}
		} finally {
			callOff();
		}
	}

	/** What the run before wrote while nobody read. @returns true when what comes next is of another run. */
	async function readRunsBefore(restarts: number, status: ContainerStatus): Promise<boolean> {
		const missed = known === undefined ? 0 : restarts - known;
		known = restarts;
		if (missed <= 0) return false;
		let there = true;
		await read({previous: true}, true).catch((error: unknown) => {
			if (findApiRefusal(error)?.code !== 400) throw error;
			there = false;
		});
		const last = status.lastState?.terminated;
		const facts = [
			`started again (${restarts})`,
			...(last === undefined ? [] : [`the run before ${endText({...status, state: {terminated: last}})}`]),
			...(there ? [] : ['its log is not there any more']),
			...(missed === 1 ? [] : [`${missed - 1} runs in between were not read`]),
		];
		tell({kind: 'said', text: facts.join('; '), bad: true});
		return true;
	}

	async function turn(status: ContainerStatus, phase: string | undefined): Promise<'over' | 'again'> {
		const state = stateOf(status);
		const restarts = status.restartCount ?? 0;
		const runs = status.state?.running !== undefined;
		const started = runs || endOf(status) !== undefined;
		if (!started) {
			const {reason = 'it was not started yet', message = ''} = status.state?.waiting ?? {};
			if (done !== state)
				tell({kind: 'said', text: `waits: ${[reason, message].filter(Boolean).join(': ')}`, bad: false});
			done = state;
			await options.waitForChange(timings.statusWaitMs);
			return 'again';
		}
		const fresh = await readRunsBefore(restarts, status);
		if (runs) {
			done = '';
			await read({follow: true}, fresh);
			// The server ends the log with the container. The status may take a moment to tell.
			const until = clock.now() + timings.statusWaitMs;
			while (!signal.aborted && clock.now() < until && sameState(state))
				await options.waitForChange(until - clock.now());
			return 'again';
		}
		if (done !== state) {
			await read({}, fresh);
			if (toldEnd !== restarts) tell({kind: 'said', text: endText(status), bad: endOf(status)?.exitCode !== 0});
			toldEnd = restarts;
			done = state;
		}
		if (phase === 'Succeeded' || phase === 'Failed') return 'over';
		await options.waitForChange(timings.statusWaitMs);
		return 'again';
	}

	const statusNow = () => {
		const object = options.currentPod();
		return object === undefined ? undefined : containerStatusesByName(object).get(container);
	};
	const sameState = (state: string) => {
		const status = statusNow();
		return status !== undefined && stateOf(status) === state;
	};

	/** Milliseconds until the next attempt; undefined when there is none. */
	function waitAfter(error: AdapterError): number | undefined {
		const refusal = findApiRefusal(error);
		if (refusal?.code === 403 || error.kind === 'unsupported') {
			tell({kind: 'said', text: `${error.message}. ${error.hint}`, bad: true});
			return undefined;
		}
		attempts += 1;
		// 404: the pod has just gone, 400: its container does not run right now. The status tells soon.
		if (refusal?.code === 404 || refusal?.code === 400) return timings.retryMs * Math.min(attempts, 8);
		if (!lost) tell({kind: 'lost', error});
		lost = true;
		if (refusal?.retryAfterMs !== undefined) return Math.min(refusal.retryAfterMs, 60_000);
		return (
			exponentialDelay(attempts - 1, {initialMs: timings.retryMs, maxMs: timings.maxRetryMs}) *
			(0.75 + Math.random() / 2)
		);
	}

	while (!signal.aborted) {
		const object = options.currentPod();
		if (object === undefined || object.metadata.uid !== uid) {
			tell({kind: 'said', text: 'the pod was deleted', bad: false});
			break;
		}
		const status = containerStatusesByName(object).get(container);
		try {
			if (status === undefined) await options.waitForChange(timings.statusWaitMs);
			else if ((await turn(status, object.status?.phase)) === 'over') break;
		} catch (thrown) {
			if (signal.aborted) break;
			const hint = 'It is read on; report it when it happens again.';
			const error = isAdapterError(thrown) ? thrown : new AdapterError('malformed', messageOf(thrown), hint);
			const wait = waitAfter(error);
			if (wait === undefined) break;
			await pause(clock, wait, signal);
		}
	}
	isBack();
}

const from = (since: string | undefined): Partial<LogsRequest> => (since === undefined ? {} : {sinceTime: since});

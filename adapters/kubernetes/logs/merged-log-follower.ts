import type {Context} from '../../../src/contract/context.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import {type AdapterError, messageOf} from '../../../src/errors.ts';
import type {KubernetesPort, LogsRequest} from '../../../src/port/kubernetes.ts';
import type {PodObject} from '../../../src/port/kubernetes-objects.ts';
import {createLineRedactor} from '../../../src/text/redact.ts';
import {type Clock, pause} from '../../../src/time/clock.ts';
import {createBoundedQueue} from './bounded-queue.ts';
import {followContainerLog, type LogEvent, type LogFollowerTimings} from './container-log-follower.ts';
import {
	type ContainerLog,
	containerLogKey,
	type LinePrefixes,
	type LogRow,
	listContainerLogs,
	maxFollowedLogs,
	readPodsOfRows,
} from './log-containers.ts';
import {toDocumentLine} from './log-line.ts';
import {createResumePoint, type ResumePoint} from './resume-point.ts';

/** Lines on their way to the screen before the streams have to wait. */
const queueCapacity = 20_000;
const maxLinesPerRead = 2000;
/** How often it is looked which pods there are. The pods are watched: that asks nothing of the server. */
const podCheckIntervalMs = 500;
/** Streams mostly break together: they are told together. */
const reportDelayMs = 300;

/** What was read of a part before it is followed. */
export type StartedLog = {
	readonly containerLog: ContainerLog;
	readonly resumePoint: ResumePoint;
	readonly restarts: number | undefined;
	/** How far back it is read when nothing was read yet. */
	readonly initialRange: Pick<LogsRequest, 'tailLines' | 'sinceSeconds'>;
};

export type MergedLogFollowerOptions = {
	readonly port: KubernetesPort;
	readonly rows: readonly LogRow[];
	readonly startedLogs: readonly StartedLog[];
	/** Undefined while there is only one. */
	readonly linePrefixes: LinePrefixes | undefined;
	readonly clock: Clock;
	readonly timings: LogFollowerTimings;
};

const note = (text: string, severity?: DocumentLine['severity']): DocumentLine => ({
	text: `-- ${text}`,
	loud: true,
	...(severity === undefined ? {} : {severity}),
});

/** The lines of all logs as they come, with what happens to the pods told among them. Ends when all have come to their end. */
export async function* followMergedLogs(
	options: MergedLogFollowerOptions,
	context: Context,
): AsyncGenerator<readonly DocumentLine[]> {
	const {port, rows, clock, timings, linePrefixes: leads} = options;
	const ending = new AbortController();
	const signal = AbortSignal.any([context.signal, ending.signal]);
	const channel = createBoundedQueue<DocumentLine>(queueCapacity, maxLinesPerRead);
	const growing = rows.some(row => 'kind' in row);
	const followed = new Set<string>();
	const broken = new Set<string>();
	let pods = new Map<string, PodObject>();
	let running = 0;
	let crowded = false;
	let looked = Promise.withResolvers<void>();

	const say = (line: DocumentLine) => void channel.put([line]);
	const connections = createConnectionReports(clock, broken, say);

	function start({containerLog: part, resumePoint: seen, restarts, initialRange: first}: StartedLog): void {
		const key = containerLogKey(part);
		followed.add(key);
		running += 1;
		const mask = createLineRedactor();
		const named = (text: string) => (leads === undefined ? text : `${part.displayName}: ${text}`);
		void followContainerLog({
			port,
			containerLog: part,
			clock,
			timings,
			signal,
			resumePoint: seen,
			initialRange: first,
			knownRestarts: restarts,
			currentPod: () => pods.get(part.uid),
			waitForChange: ms => Promise.race([looked.promise, pause(clock, ms, signal)]),
			onLines: lines => channel.put(lines.map(line => toDocumentLine(line, leads?.prefixOf(part), mask))),
			onEvent(news: LogEvent) {
				if (news.kind === 'lost') connections.lost(key, news.error);
				else if (news.kind === 'back') connections.back(key);
				else if (news.kind === 'said') say(note(named(news.text), news.bad ? 'warn' : undefined));
				else say(note(named('what was written meanwhile is not there any more: lines are missing here'), 'crit'));
			},
		})
			.catch((error: unknown) => say(note(named(messageOf(error)), 'unknown')))
			.finally(() => {
				running -= 1;
				if (running === 0 && !growing) channel.end();
			});
	}

	async function readPods(): Promise<readonly PodObject[]> {
		const now = await readPodsOfRows(port, rows, {signal, now: context.now});
		pods = new Map(now.map(pod => [pod.metadata.uid, pod]));
		return now;
	}

	/** What was not there before is followed from its first line. */
	async function look(): Promise<void> {
		const now = await readPods();
		for (const part of growing ? listContainerLogs(now, false) : []) {
			const key = containerLogKey(part);
			if (followed.has(key)) continue;
			if (followed.size >= maxFollowedLogs) {
				if (!crowded) say(note(`more than ${maxFollowedLogs} containers: the others are not followed`, 'warn'));
				crowded = true;
				break;
			}
			say(note(`${part.displayName} joins`));
			start({containerLog: part, resumePoint: createResumePoint(), restarts: undefined, initialRange: {}});
		}
		const before = looked;
		looked = Promise.withResolvers();
		before.resolve();
	}

	async function keepLooking(): Promise<void> {
		let version = -1;
		while (!signal.aborted) {
			await pause(clock, podCheckIntervalMs, signal);
			// While the pods cannot be read what is known of them stays.
			const watched = await port.readWatched('pods', {signal, now: context.now}).catch(() => undefined);
			if (watched === undefined || watched.version === version) continue;
			version = watched.version;
			await look().catch(() => {});
		}
	}

	try {
		await readPods().catch(() => []);
		for (const begun of options.startedLogs) start(begun);
		if (running === 0 && !growing) return;
		void keepLooking();
		yield* channel.read(context.signal);
	} finally {
		ending.abort();
		channel.end();
		connections.close();
	}
}

/** Says once that connections broke, and once that all are there again. */
function createConnectionReports(clock: Clock, broken: Set<string>, say: (line: DocumentLine) => void) {
	let callOff: (() => void) | undefined;
	let told = false;
	let last: AdapterError | undefined;
	const many = (count: number) =>
		count === 1 ? 'lost the connection to a log' : `the connections to ${count} logs broke`;
	return {
		lost(key: string, error: AdapterError) {
			broken.add(key);
			last = error;
			callOff ??= clock.after(reportDelayMs, () => {
				callOff = undefined;
				if (broken.size === 0 || told) return;
				told = true;
				say(note(`${many(broken.size)}, read on from there as soon as possible: ${last?.message ?? ''}`, 'unknown'));
			});
		},
		back(key: string) {
			broken.delete(key);
			if (broken.size > 0 || !told) return;
			told = false;
			say(note('reconnected'));
		},
		close: () => callOff?.(),
	};
}

import type {Context} from '../../../src/contract/context.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import {type AdapterError, messageOf} from '../../../src/errors.ts';
import type {KubernetesPort, LogsRequest} from '../../../src/port/kubernetes.ts';
import type {PodObject} from '../../../src/port/kubernetes-objects.ts';
import {createLineRedactor} from '../../../src/text/redact.ts';
import {type Clock, pause} from '../../../src/time/clock.ts';
import {type BoundedQueue, createBoundedQueue} from './bounded-queue.ts';
import {followContainerLog} from './container-log-follower.ts';
import {
	type ContainerLog,
	containerLogKey,
	type LinePrefixes,
	type LogRow,
	listContainerLogs,
	maxFollowedLogs,
	readPodsOfRows,
} from './log-containers.ts';
import type {LogEvent, LogFollowerTimings} from './log-follower-state.ts';
import {toDocumentLine} from './log-line.ts';
import {createResumePoint, type ResumePoint} from './resume-point.ts';

/** Lines that may wait for the reader before the streams are paused. */
const queueCapacity = 20_000;
const maxLinesPerRead = 2000;
/** Interval of the check which pods exist. The pods are watched: the check sends no request. */
const podCheckIntervalMs = 500;
/** Several connections mostly break together: they are reported together after this delay. */
const reportDelayMs = 300;

/** A log that was read before it is followed. */
export type StartedLog = {
	readonly containerLog: ContainerLog;
	readonly resumePoint: ResumePoint;
	/** Restart count of the container when it was read, where it is known. */
	readonly restarts: number | undefined;
	/** How far back to read when nothing was read yet. */
	readonly initialRange: Pick<LogsRequest, 'tailLines' | 'sinceSeconds'>;
};

export type MergedLogFollowerOptions = {
	readonly port: KubernetesPort;
	readonly rows: readonly LogRow[];
	readonly startedLogs: readonly StartedLog[];
	/** Undefined when there is only one log. */
	readonly linePrefixes: LinePrefixes | undefined;
	readonly clock: Clock;
	readonly timings: LogFollowerTimings;
};

const note = (text: string, severity?: DocumentLine['severity']): DocumentLine => ({
	text: `-- ${text}`,
	loud: true,
	...(severity === undefined ? {} : {severity}),
});

/**
 * Follows several logs, and yields their lines as they arrive, with notes about restarts and connections between them. Logs of new pods of
 * a workload join. Ends when all logs have ended.
 */
export async function* followMergedLogs(
	options: MergedLogFollowerOptions,
	context: Context,
): AsyncGenerator<readonly DocumentLine[]> {
	const {rows, clock} = options;
	const ending = new AbortController();
	const signal = AbortSignal.any([context.signal, ending.signal]);
	const queue = createBoundedQueue<DocumentLine>(queueCapacity, maxLinesPerRead);
	const connections = createConnectionReports(clock, line => void queue.put([line]));
	const pods = createPodTracker(options, {signal, now: context.now});
	const hasWorkloads = rows.some(row => row.kind === 'kubernetes.workload');
	const followers = createFollowers({...options, signal, queue, connections, pods}, () => {
		if (!hasWorkloads) queue.end();
	});
	try {
		await pods.refresh().catch(() => []);
		for (const log of options.startedLogs) followers.start(log);
		if (options.startedLogs.length === 0 && !hasWorkloads) return;
		void pods.poll(current => {
			if (hasWorkloads) followers.add(listContainerLogs(current, false));
		});
		yield* queue.read(context.signal);
	} finally {
		ending.abort();
		queue.end();
		connections.close();
	}
}

type PodTracker = {
	/** The pod with this uid at the last refresh; undefined when it was deleted. */
	current(uid: string): PodObject | undefined;
	/** Reads which pods the rows have now. */
	refresh(): Promise<readonly PodObject[]>;
	/** Refreshes at an interval, when the pods have changed, until the signal is aborted. */
	poll(onRefresh: (pods: readonly PodObject[]) => void): Promise<void>;
	/** Resolves after the next refresh, after `ms` at the latest. */
	waitForChange(ms: number): Promise<void>;
};

/** Knows the current pods of the rows. */
function createPodTracker({port, rows, clock}: MergedLogFollowerOptions, context: Context): PodTracker {
	const {signal} = context;
	let byUid = new Map<string, PodObject>();
	let nextRefresh = Promise.withResolvers<void>();

	async function refresh(): Promise<readonly PodObject[]> {
		const pods = await readPodsOfRows(port, rows, context);
		byUid = new Map(pods.map(pod => [pod.metadata.uid, pod]));
		return pods;
	}

	return {
		current: uid => byUid.get(uid),
		refresh,
		async poll(onRefresh) {
			let version = -1;
			while (!signal.aborted) {
				await pause(clock, podCheckIntervalMs, signal);
				// While the pods cannot be read, the last known ones stay.
				const watched = await port.readWatched('pods', context).catch(() => undefined);
				if (watched === undefined || watched.version === version) continue;
				version = watched.version;
				const pods = await refresh().catch(() => undefined);
				if (pods === undefined) continue;
				onRefresh(pods);
				nextRefresh.resolve();
				nextRefresh = Promise.withResolvers();
			}
		},
		waitForChange: ms => Promise.race([nextRefresh.promise, pause(clock, ms, signal)]),
	};
}

type FollowerOptions = MergedLogFollowerOptions & {
	readonly signal: AbortSignal;
	readonly queue: BoundedQueue<DocumentLine>;
	readonly connections: ConnectionReports;
	readonly pods: PodTracker;
};

/** Starts one follower for each log. `onAllEnded` is called whenever the last running one has ended. */
function createFollowers(options: FollowerOptions, onAllEnded: () => void) {
	const {queue, pods, linePrefixes} = options;
	const started = new Set<string>();
	let running = 0;
	let isLimitReported = false;
	const report = (line: DocumentLine) => void queue.put([line]);

	function start({containerLog, resumePoint, restarts, initialRange}: StartedLog): void {
		started.add(containerLogKey(containerLog));
		running += 1;
		const redactLine = createLineRedactor();
		const named = (text: string) => (linePrefixes === undefined ? text : `${containerLog.displayName}: ${text}`);
		void followContainerLog({
			...options,
			containerLog,
			resumePoint,
			initialRange,
			knownRestarts: restarts,
			currentPod: () => pods.current(containerLog.uid),
			waitForChange: pods.waitForChange,
			onLines: lines =>
				queue.put(lines.map(line => toDocumentLine(line, linePrefixes?.prefixOf(containerLog), redactLine))),
			onEvent: event => reportEvent(event, containerLog, named, options),
		})
			.catch((error: unknown) => report(note(named(messageOf(error)), 'unknown')))
			.finally(() => {
				running -= 1;
				if (running === 0) onAllEnded();
			});
	}

	return {
		start,
		/** Starts the logs that are new, from their first line, up to the limit. */
		add(logs: readonly ContainerLog[]): void {
			for (const containerLog of logs) {
				if (started.has(containerLogKey(containerLog))) continue;
				if (started.size >= maxFollowedLogs) {
					if (!isLimitReported) {
						report(note(`more than ${maxFollowedLogs} containers: the others are not followed`, 'warn'));
					}
					isLimitReported = true;
					return;
				}
				report(note(`${containerLog.displayName} joins`));
				start({containerLog, resumePoint: createResumePoint(), restarts: undefined, initialRange: {}});
			}
		},
	};
}

function reportEvent(
	event: LogEvent,
	log: ContainerLog,
	named: (text: string) => string,
	{queue, connections}: FollowerOptions,
): void {
	const key = containerLogKey(log);
	if (event.kind === 'disconnected') connections.disconnected(key, event.error);
	else if (event.kind === 'reconnected') connections.reconnected(key);
	else if (event.kind === 'note') void queue.put([note(named(event.text), event.isProblem ? 'warn' : undefined)]);
	else void queue.put([note(named('lines are missing here: they are no longer available'), 'crit')]);
}

type ConnectionReports = {
	disconnected(key: string, error: AdapterError): void;
	reconnected(key: string): void;
	close(): void;
};

/** Reports once that connections were lost, and once that all are open again. */
function createConnectionReports(clock: Clock, report: (line: DocumentLine) => void): ConnectionReports {
	const broken = new Set<string>();
	let cancelReport: (() => void) | undefined;
	let isReported = false;
	let last: AdapterError | undefined;
	const describe = (count: number) =>
		count === 1 ? 'lost the connection to a log' : `lost the connections to ${count} logs`;
	return {
		disconnected(key, error) {
			broken.add(key);
			last = error;
			cancelReport ??= clock.after(reportDelayMs, () => {
				cancelReport = undefined;
				if (broken.size === 0 || isReported) return;
				isReported = true;
				report(note(`${describe(broken.size)}, reconnecting: ${last?.message ?? ''}`, 'unknown'));
			});
		},
		reconnected(key) {
			broken.delete(key);
			if (broken.size > 0 || !isReported) return;
			isReported = false;
			report(note('reconnected'));
		},
		close: () => cancelReport?.(),
	};
}

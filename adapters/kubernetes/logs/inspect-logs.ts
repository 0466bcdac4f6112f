import type {Context} from '../../../src/contract/context.ts';
import {defineInspection} from '../../../src/contract/define.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import type {DocumentOption} from '../../../src/contract/inspection.ts';
import type {Param, Params} from '../../../src/contract/param.ts';
import type {Target} from '../../../src/contract/target.ts';
import {conflictError, isAdapterError} from '../../../src/errors.ts';
import {parseTimestamp} from '../../../src/model/kubernetes/pod-status.ts';
import type {KubernetesPort, KubernetesSettings, LogsRequest} from '../../../src/port/kubernetes.ts';
import type {ContainerStatus, PodObject} from '../../../src/port/kubernetes-objects.ts';
import {formatClockTime, formatDuration} from '../../../src/text/format.ts';
import {createLineRedactor} from '../../../src/text/redact.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {findApiRefusal} from '../api/errors.ts';
import {
	type ContainerLog,
	containerStatusesByName,
	createLinePrefixes,
	type LinePrefixes,
	type LogRow,
	listContainerLogs,
	maxFollowedLogs,
	readPodsOfRows,
} from './log-containers.ts';
import {defaultLogFollowerTimings} from './log-follower-state.ts';
import {type LogLine, parseLogLine, toDocumentLine} from './log-line.ts';
import {followMergedLogs, type StartedLog} from './merged-log-follower.ts';
import {createResumePoint} from './resume-point.ts';

/** Limit for one container of the first read. The follower reads on from there. */
const limitBytes = 2 * 1024 * 1024;
/** At most this many kubectl commands are shown. */
const maxCliEquivalents = 5;

const choices = (
	name: string,
	label: string,
	of: readonly string[],
	first: (rows: readonly LogRow[]) => string,
): Param<LogRow> => ({
	name,
	label,
	hint: `one of ${of.join(', ')}`,
	initial: first,
	problem: text => (of.includes(text) ? undefined : `${text} is none of ${of.join(', ')}`),
});

const sinces: Readonly<Record<string, number | undefined>> = {
	all: undefined,
	'1m': 60,
	'5m': 300,
	'15m': 900,
	'1h': 3600,
};
const tails: Readonly<Record<string, number | undefined>> = {'100': 100, '500': 500, '5000': 5000, all: undefined};
const runs: readonly string[] = ['now', 'before'];
/** Key of the option `since`. */
const sinceKey = 'b';

const params = [
	choices('run', 'Run of the container', runs, () => 'now'),
	choices('since', 'How far back', Object.keys(sinces), () => 'all'),
	// With several containers, start with fewer lines of each.
	choices('tail', 'Last lines of each container', Object.keys(tails), rows =>
		rows.length === 1 && rows[0]?.kind !== 'kubernetes.workload' ? '500' : '100',
	),
] as const;

const logOption = (key: string, title: string, name: string, of: readonly string[]): DocumentOption => ({
	key,
	title,
	nextParams: before => ({...before, [name]: of[(of.indexOf(before[name] ?? '') + 1) % of.length] ?? ''}),
	currentLabel: now => now[name] ?? '',
});

type LogRead = {
	readonly containerLog: ContainerLog;
	readonly previous: boolean;
	readonly lines: readonly LogLine[];
	/** RFC 3339 timestamp of its last line, where that is older than the requested range. */
	readonly lastWrittenAt?: string | undefined;
	readonly error?: string;
	/** The previous run was requested, and there was none. */
	readonly hasNoPreviousRun?: true;
};

type Query = Pick<LogsRequest, 'tailLines' | 'sinceSeconds'>;

function queryOf({since = 'all', tail = 'all'}: Params): Query {
	const [sinceSeconds, tailLines] = [sinces[since], tails[tail]];
	return {
		...(sinceSeconds === undefined ? {} : {sinceSeconds}),
		...(tailLines === undefined ? {} : {tailLines}),
	};
}

async function readContainerLog(
	port: KubernetesPort,
	containerLog: ContainerLog,
	query: Query & {readonly previous: boolean},
	status: ContainerStatus | undefined,
	context: Context,
): Promise<LogRead> {
	const {namespace, pod, container} = containerLog;
	const {previous} = query;
	const lines: string[] = [];
	let bytes = 0;
	try {
		for await (const some of port.readLogs(
			{namespace, pod, container, ...query, limitBytes, timestamps: true},
			context,
		)) {
			for (const line of some) {
				lines.push(line);
				bytes += Buffer.byteLength(line) + 1;
			}
		}
	} catch (error) {
		if (!isAdapterError(error)) throw error;
		// The server reports this like a log that was lost.
		const hasNoPreviousRun = previous && (status?.restartCount ?? 0) === 0 && findApiRefusal(error)?.code === 400;
		if (hasNoPreviousRun) return {containerLog, previous, lines: [], hasNoPreviousRun};
		return {containerLog, previous, lines: lines.map(parseLogLine), error: error.message};
	}
	// Drop a last line that the limit has cut: the follower reads it again, complete.
	const complete = bytes >= limitBytes && !previous ? lines.slice(0, -1) : lines;
	const isSilent = lines.length === 0 && query.sinceSeconds !== undefined;
	const lastWrittenAt = isSilent ? await readLastTimestamp(port, containerLog, previous, context) : undefined;
	return {containerLog, previous, lines: complete.map(parseLogLine), lastWrittenAt};
}

/** Timestamp of the last line; undefined when the container never wrote one, or the log cannot be read. */
async function readLastTimestamp(
	port: KubernetesPort,
	{namespace, pod, container}: ContainerLog,
	previous: boolean,
	context: Context,
): Promise<string | undefined> {
	const request = {namespace, pod, container, previous, tailLines: 1, limitBytes, timestamps: true};
	try {
		for await (const [line] of port.readLogs(request, context)) if (line !== undefined) return parseLogLine(line).at;
	} catch (error) {
		if (!isAdapterError(error)) throw error;
	}
	return undefined;
}

/** `it wrote nothing since 14:02:11Z, 8m12s ago: b shows more`. */
function describeSilence({lastWrittenAt}: LogRead, now: number): string {
	const at = parseTimestamp(lastWrittenAt);
	if (at === undefined) return 'it wrote nothing';
	return `it wrote nothing since ${formatClockTime(at)}, ${formatDuration((now - at) / 1000)} ago: ${sinceKey} shows more`;
}

/** Whether a container runs, is not ready and terminated before: the reason is at the end of the previous log. */
function hasJustCrashed(status: ContainerStatus | undefined): boolean {
	const terminated = status?.lastState?.terminated;
	return terminated !== undefined && status?.ready !== true && status?.state?.waiting === undefined;
}

/** A line with its sort key: RFC 3339 in UTC, empty for the top. */
type TimedLine = {readonly at: string; readonly line: DocumentLine};

const byTime = (one: TimedLine, other: TimedLine): number => (one.at === other.at ? 0 : one.at < other.at ? -1 : 1);

/** Heading of the lines of a run; undefined when only the current run is shown. */
function runTitle({containerLog, previous, hasNoPreviousRun}: LogRead, reads: readonly LogRead[]): string | undefined {
	if (previous) return hasNoPreviousRun ? undefined : '-- previous run, which ended';
	return reads.some(other => other.previous && other.containerLog === containerLog) ? '-- current run' : undefined;
}

/** Merges the lines: one container keeps its order, several are sorted by timestamp. Notes about a container come before or after its lines. */
function mergeLines(
	reads: readonly LogRead[],
	prefixes: LinePrefixes | undefined,
	now: number,
): readonly DocumentLine[] {
	const timed = reads.flatMap((read): readonly TimedLine[] => {
		const {containerLog, lines, error, hasNoPreviousRun} = read;
		const prefix = prefixes?.prefixOf(containerLog);
		const mask = createLineRedactor();
		// Timestamps of one container may be slightly out of order.
		const timestamps = lines.map(({at = ''}) => at).toSorted();
		const note = (text: string): DocumentLine => ({
			text: prefixes === undefined ? text : `${containerLog.displayName}: ${text}`,
		});
		const atEnd = (line: DocumentLine): TimedLine => ({at: timestamps.at(-1) ?? '', line});
		const title = runTitle(read, reads);
		const isSilent = error === undefined && !hasNoPreviousRun && lines.length === 0;
		return [
			...(title === undefined ? [] : [{at: timestamps[0] ?? '', line: {...note(title), loud: true}}]),
			...lines.map(line => ({at: line.at ?? '', line: toDocumentLine(line, prefix, mask)})),
			...(error === undefined ? [] : [atEnd({...note(`-- ${error}`), severity: 'unknown'})]),
			...(hasNoPreviousRun ? [atEnd(note('-- it has not been restarted: there is no previous run'))] : []),
			...(isSilent ? [atEnd(note(`-- ${describeSilence(read, now)}`))] : []),
		];
	});
	const hasSeveral = reads.some(({containerLog}) => containerLog !== reads[0]?.containerLog);
	return (hasSeveral ? timed.toSorted(byTime) : timed).map(({line}) => line);
}

function titleOf(rows: readonly LogRow[], pods: readonly PodObject[]): string {
	const [first] = rows;
	const count = `${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}`;
	if (first === undefined || rows.length > 1) return `Logs of ${count}`;
	return first.kind === 'kubernetes.workload'
		? `Logs of ${first.workloadKind.toLowerCase()} ${first.namespace}/${first.name}, ${count}`
		: `Logs of ${first.namespace}/${first.name}`;
}

function cliEquivalents(
	target: Target<KubernetesSettings>,
	logs: readonly ContainerLog[],
	{since, tail, run}: Params,
): readonly string[] {
	const options = [
		'--timestamps',
		...(tail === 'all' || tail === undefined ? [] : [`--tail=${tail}`]),
		...(since === 'all' || since === undefined ? [] : [`--since=${since}`]),
		run === 'before' ? '--previous' : '--follow',
	];
	const commands = logs
		.slice(0, maxCliEquivalents)
		.map(({namespace, pod, container}) =>
			kubectlCommand(target, '-n', namespace, 'logs', pod, '-c', container, ...options),
		);
	return logs.length <= maxCliEquivalents
		? commands
		: [...commands, `… and ${logs.length - maxCliEquivalents} more containers`];
}

/** Logs of all containers of the selected pods: the last lines, merged by time, followed from there. */
export const inspectLogs = defineInspection<LogRow, KubernetesPort, KubernetesSettings>()({
	id: 'kubernetes.logs',
	title: 'Logs',
	key: 'l',
	kind: 'kubernetes.pod',
	also: ['kubernetes.workload', 'kubernetes.pod-usage'],
	risk: 'none',
	selects: 'many',
	params,
	documentOptions: [
		logOption('p', 'Run', 'run', runs),
		logOption(sinceKey, 'Since', 'since', Object.keys(sinces)),
		logOption('l', 'Lines', 'tail', Object.keys(tails)),
	],
	async open(row, {port, target, rows, params: given, ...context}) {
		const pods = await readPodsOfRows(port, rows, context);
		if (pods.length === 0) throw conflictError(`${row.namespace}/${row.name} has no pods now`);
		const isSinglePod = rows.length === 1 && row.kind !== 'kubernetes.workload';
		const all = listContainerLogs(pods, isSinglePod);
		const logs = all.slice(0, maxFollowedLogs);
		const prefixes = all.length > 1 || !isSinglePod ? createLinePrefixes(logs) : undefined;
		const query = queryOf(given);
		const statuses = new Map(pods.map(pod => [pod.metadata.uid, containerStatusesByName(pod)]));
		const statusOf = ({uid, container}: ContainerLog) => statuses.get(uid)?.get(container);
		const isPrevious = given['run'] === 'before';
		const reads = await Promise.all(
			logs.flatMap(log => {
				const status = statusOf(log);
				const hasCrashed = logs.length === 1 && !isPrevious && hasJustCrashed(status);
				const read = (previous: boolean) => readContainerLog(port, log, {...query, previous}, status, context);
				return hasCrashed ? [read(true), read(false)] : [read(isPrevious)];
			}),
		);
		const omitted = all.length - logs.length;
		const omittedNote =
			omitted === 0
				? []
				: [{text: `-- ${omitted} more containers are not read: mark fewer pods`, severity: 'warn' as const}];
		const startedLogs = reads
			.filter(({previous}) => !previous)
			.map(({containerLog, lines, error}): StartedLog => {
				const resumePoint = createResumePoint();
				for (const {at} of lines) resumePoint.recordIfNew(at);
				// Without `tailLines`: a line written between this read and the start of the follower must not be cut off.
				const {tailLines: _, ...since} = query;
				return {
					containerLog,
					resumePoint,
					restarts: statusOf(containerLog)?.restartCount,
					initialRange: error === undefined ? since : query,
				};
			});
		return {
			title: `${titleOf(rows, pods)}${isPrevious ? ', previous run' : ''}`,
			cliEquivalent: cliEquivalents(target, logs, given),
			lines: [...omittedNote, ...mergeLines(reads, prefixes, context.now())],
			...(isPrevious
				? {}
				: {
						follow: followContext =>
							followMergedLogs(
								{
									port,
									rows,
									startedLogs,
									linePrefixes: prefixes,
									clock: systemClock,
									timings: defaultLogFollowerTimings,
								},
								followContext,
							),
					}),
		};
	},
});

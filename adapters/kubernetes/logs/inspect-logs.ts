import type {Context} from '../../../src/contract/context.ts';
import {defineInspection} from '../../../src/contract/define.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import type {DocumentOption} from '../../../src/contract/inspection.ts';
import type {Param, Params} from '../../../src/contract/param.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {Target} from '../../../src/contract/target.ts';
import {isAdapterError} from '../../../src/errors.ts';
import {parseTimestamp} from '../../../src/model/kubernetes/pod-status.ts';
import type {KubernetesPort, KubernetesSettings, LogsRequest} from '../../../src/port/kubernetes.ts';
import type {ContainerStatus, PodObject} from '../../../src/port/kubernetes-objects.ts';
import {formatClockTime, formatDuration} from '../../../src/text/format.ts';
import {createLineRedactor} from '../../../src/text/redact.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {findApiRefusal} from '../api/errors.ts';
import {conflictError} from '../objects/workload-ref.ts';
import {defaultLogFollowerTimings} from './container-log-follower.ts';
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
import {type LogLine, parseLogLine, toDocumentLine} from './log-line.ts';
import {followMergedLogs, type StartedLog} from './merged-log-follower.ts';
import {createResumePoint} from './resume-point.ts';

/** Of one container, for the first page. What is beyond it comes when it is followed. */
const limitBytes = 2 * 1024 * 1024;
/** Commands by hand; of more pods it is told how many they are. */
const maxCliEquivalents = 5;

const choices = (
	name: string,
	label: string,
	of: readonly string[],
	first: (rows: readonly Row[]) => string,
): Param => ({
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
const runs = ['now', 'before'];
/** Turns how far back. */
const sinceKey = 'b';

const params = [
	choices('run', 'Run of the container', runs, () => 'now'),
	choices('since', 'How far back', Object.keys(sinces), () => 'all'),
	// Of several the newest lines of each are enough to begin with.
	choices('tail', 'Last lines of each container', Object.keys(tails), rows =>
		rows.length === 1 && rows.every(row => !('kind' in row)) ? '500' : '100',
	),
];

const logOption = (key: string, title: string, name: string, of: readonly string[]): DocumentOption => ({
	key,
	title,
	nextParams: before => ({...before, [name]: of[(of.indexOf(before[name] ?? '') + 1) % of.length] ?? ''}),
	currentLabel: now => now[name] ?? '',
});

type Read = {
	readonly part: ContainerLog;
	readonly previous: boolean;
	readonly lines: readonly LogLine[];
	/** When it wrote last, RFC 3339, where that is before what was asked for. */
	readonly wroteAt?: string | undefined;
	readonly error?: string;
	/** The run before was asked for, and there was none. */
	readonly first?: true;
};

type Query = Pick<LogsRequest, 'tailLines' | 'sinceSeconds'>;

function queryOf({since = 'all', tail = 'all'}: Params): Query {
	const [sinceSeconds, tailLines] = [sinces[since], tails[tail]];
	return {
		...(sinceSeconds === undefined ? {} : {sinceSeconds}),
		...(tailLines === undefined ? {} : {tailLines}),
	};
}

async function readPart(
	port: KubernetesPort,
	part: ContainerLog,
	query: Query & {readonly previous: boolean},
	status: ContainerStatus | undefined,
	context: Context,
): Promise<Read> {
	const {namespace, pod, container} = part;
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
		// The server's words for it are those for a log that is lost.
		const isFirst = previous && (status?.restartCount ?? 0) === 0 && findApiRefusal(error)?.code === 400;
		if (isFirst) return {part, previous, lines: [], first: true};
		return {part, previous, lines: lines.map(parseLogLine), error: error.message};
	}
	// What the limit cut off in the middle comes whole when it is followed.
	const whole = bytes >= limitBytes && !previous ? lines.slice(0, -1) : lines;
	const quiet = lines.length === 0 && query.sinceSeconds !== undefined;
	const wroteAt = quiet ? await lastWritten(port, part, previous, context) : undefined;
	return {part, previous, lines: whole.map(parseLogLine), wroteAt};
}

/** When it wrote its last line; undefined when it never wrote one, or that cannot be read. */
async function lastWritten(
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

/** `it wrote nothing since 14:02:11Z, 8m12s ago; b looks further back`. */
function describeSilence({wroteAt}: Read, now: number): string {
	const at = parseTimestamp(wroteAt);
	if (at === undefined) return 'it wrote nothing';
	return `it wrote nothing since ${formatClockTime(at)}, ${formatDuration((now - at) / 1000)} ago: ${sinceKey} looks further back`;
}

/** Up, but it crashed before and is not well yet: the reason stands at the end of the run before. */
function hasJustCrashed(status: ContainerStatus | undefined): boolean {
	const before = status?.lastState?.terminated;
	return before !== undefined && status?.ready !== true && status?.state?.waiting === undefined;
}

/** A line, and where it stands among those of others: RFC 3339 in UTC, empty for the top. */
type TimedLine = {readonly at: string; readonly line: DocumentLine};

const byTime = (one: TimedLine, other: TimedLine): number => (one.at === other.at ? 0 : one.at < other.at ? -1 : 1);

/** Which run its lines are of, where that is not the one now alone. */
function runTitle({part, previous, first}: Read, read: readonly Read[]): string | undefined {
	if (previous) return first ? undefined : '-- the run before, which ended';
	return read.some(other => other.previous && other.part === part) ? '-- the run now' : undefined;
}

/** The lines of one container in their order; those of several by their moments, what is told of them where their own begin or end. */
function mergeLines(read: readonly Read[], leads: LinePrefixes | undefined, now: number): readonly DocumentLine[] {
	const placed = read.flatMap((one): readonly TimedLine[] => {
		const {part, lines: own, error, first} = one;
		const lead = leads?.prefixOf(part);
		const mask = createLineRedactor();
		// Moments of one container may be out of order by a little.
		const moments = own.map(({at = ''}) => at).toSorted();
		const told = (text: string): DocumentLine => ({text: leads === undefined ? text : `${part.displayName}: ${text}`});
		const foot = (line: DocumentLine): TimedLine => ({at: moments.at(-1) ?? '', line});
		const head = runTitle(one, read);
		return [
			...(head === undefined ? [] : [{at: moments[0] ?? '', line: {...told(head), loud: true}}]),
			...own.map(line => ({at: line.at ?? '', line: toDocumentLine(line, lead, mask)})),
			...(error === undefined ? [] : [foot({...told(`-- ${error}`), severity: 'unknown'})]),
			...(first ? [foot(told('-- it has not been restarted: there is no run before'))] : []),
			...(error === undefined && !first && own.length === 0 ? [foot(told(`-- ${describeSilence(one, now)}`))] : []),
		];
	});
	const several = read.some(({part}) => part !== read[0]?.part);
	return (several ? placed.toSorted(byTime) : placed).map(({line}) => line);
}

function titleOf(rows: readonly LogRow[], pods: readonly PodObject[]): string {
	const [first] = rows;
	const count = `${pods.length} ${pods.length === 1 ? 'pod' : 'pods'}`;
	if (first === undefined || rows.length > 1) return `Logs of ${count}`;
	return 'kind' in first
		? `Logs of ${first.kind.toLowerCase()} ${first.namespace}/${first.name}, ${count}`
		: `Logs of ${first.namespace}/${first.name}`;
}

function cliEquivalents(
	target: Target<KubernetesSettings>,
	parts: readonly ContainerLog[],
	{since, tail, run}: Params,
): readonly string[] {
	const options = [
		'--timestamps',
		...(tail === 'all' || tail === undefined ? [] : [`--tail=${tail}`]),
		...(since === 'all' || since === undefined ? [] : [`--since=${since}`]),
		run === 'before' ? '--previous' : '--follow',
	];
	const told = parts
		.slice(0, maxCliEquivalents)
		.map(({namespace, pod, container}) =>
			kubectlCommand(target, '-n', namespace, 'logs', pod, '-c', container, ...options),
		);
	return parts.length <= maxCliEquivalents
		? told
		: [...told, `… and ${parts.length - maxCliEquivalents} more containers`];
}

/** The last lines of every container of the pods, in the order in which they were written, and what they write from then on. */
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
		const alone = rows.length === 1 && rows.every(each => !('kind' in each));
		const all = listContainerLogs(pods, alone);
		const parts = all.slice(0, maxFollowedLogs);
		const leads = all.length > 1 || !alone ? createLinePrefixes(parts) : undefined;
		const query = queryOf(given);
		const statuses = new Map(pods.map(pod => [pod.metadata.uid, containerStatusesByName(pod)]));
		const statusOf = ({uid, container}: ContainerLog) => statuses.get(uid)?.get(container);
		const isBefore = given['run'] === 'before';
		const read = await Promise.all(
			parts.flatMap(part => {
				const crashed = parts.length === 1 && !isBefore && hasJustCrashed(statusOf(part));
				const reading = (previous: boolean) => readPart(port, part, {...query, previous}, statusOf(part), context);
				return crashed ? [reading(true), reading(false)] : [reading(isBefore)];
			}),
		);
		const more = all.length - parts.length;
		const left =
			more === 0 ? [] : [{text: `-- ${more} more containers are not read: mark fewer pods`, severity: 'warn' as const}];
		const begun = read
			.filter(({previous}) => !previous)
			.map(({part, lines, error}): StartedLog => {
				const seen = createResumePoint();
				for (const {at} of lines) seen.recordIfNew(at);
				// All there was has been read; what was written just before it began to be followed belongs to it.
				const {tailLines: _, ...since} = query;
				return {
					containerLog: part,
					resumePoint: seen,
					restarts: statusOf(part)?.restartCount,
					initialRange: error === undefined ? since : query,
				};
			});
		return {
			title: `${titleOf(rows, pods)}${isBefore ? ', the run before' : ''}`,
			cliEquivalent: cliEquivalents(target, parts, given),
			lines: [...left, ...mergeLines(read, leads, context.now())],
			...(isBefore
				? {}
				: {
						follow: asked =>
							followMergedLogs(
								{
									port,
									rows,
									startedLogs: begun,
									linePrefixes: leads,
									clock: systemClock,
									timings: defaultLogFollowerTimings,
								},
								asked,
							),
					}),
		};
	},
});

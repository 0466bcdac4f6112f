import type {PodRow} from '../../src/model/pod.ts';
import {type Cell, defineSection, type Pane} from '../../src/pane.ts';
import {duration} from '../../src/text/figures.ts';

/** The words that are long and seen often, as short as they stay clear. */
const shortWords: Readonly<Record<string, string>> = {
	CrashLoopBackOff: 'CrashLoop',
	ImagePullBackOff: 'ImagePull',
	OOMKilled: 'OOM',
	CreateContainerConfigError: 'ConfigError',
	ContainerCreating: 'Creating',
	PodInitializing: 'Initializing',
};

const short = (word: string): string => shortWords[word] ?? word;

/** `CrashLoop<-OOM`, `Pending<-cpu`: the cause beside the status. */
function status({status: word, lastEnd, cause, severity}: PodRow): string {
	if (severity === 'ok') return short(word);
	const lacking = /insufficient ([\w./-]+)/i.exec(cause ?? '')?.[1];
	if (lacking !== undefined) return `${short(word)}<-${lacking}`;
	// Between two crashes it runs, and is as sick as a minute ago.
	const died =
		lastEnd !== undefined && (cause ?? (severity === 'crit' ? lastEnd.reason : '')).startsWith(lastEnd.reason);
	if (died) return `${short(word)}<-${short(lastEnd.reason)}`;
	return cause === undefined || cause === String(lastEnd?.exitCode) ? short(word) : `${short(word)}<-${cause}`;
}

const quiet = (row: PodRow, text: string): Cell => ({text, tone: row.severity === 'ok' ? 'dim' : 'plain'});

function restarts({restarts: times, restartedAt}: PodRow, now: number): string {
	if (times === 0 || restartedAt === undefined) return String(times);
	return `${times} (${age(now - restartedAt)})`;
}

/** One unit is enough to tell how old a pod is. */
const age = (ms: number): string => /^\d+[a-z]/.exec(duration(ms / 1000))?.[0] ?? '?';

const byName = (a: PodRow, b: PodRow): number => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name);

export const podsPane: Pane = {
	id: 'pods',
	title: 'Pods',
	tab: 'Pods',
	systems: ['kubernetes'],
	gauges: [],
	sections: [
		defineSection<PodRow>({
			kind: 'kubernetes.pod',
			title: 'Pods',
			weight: 1,
			empty: 'no pods in the namespaces that are watched',
			orders: [
				{title: 'youngest first', compare: (a, b) => b.createdAt - a.createdAt || byName(a, b)},
				{title: 'name', compare: byName},
				{title: 'restarts', compare: (a, b) => b.restarts - a.restarts || byName(a, b)},
				{title: 'node', compare: (a, b) => (a.node ?? '').localeCompare(b.node ?? '') || byName(a, b)},
			],
			columns: [
				{
					header: 'NAMESPACE',
					field: 'namespace',
					width: 11,
					yields: 3,
					cell: row => quiet(row, row.namespace),
				},
				{header: 'NAME', field: 'name', width: 17, grow: true, cell: row => row.name},
				{
					header: 'READY',
					field: 'ready',
					width: 5,
					yields: 4,
					cell: row => ({
						text: `${row.ready}/${row.containers}`,
						tone: row.severity === 'ok' ? 'dim' : row.severity,
					}),
				},
				{
					header: 'STATUS',
					field: 'status',
					width: 14,
					cell: row => ({text: status(row), tone: row.severity === 'ok' ? 'dim' : row.severity}),
				},
				{
					header: 'RESTARTS',
					field: 'restarts',
					width: 8,
					align: 'right',
					yields: 2,
					cell: (row, now) => quiet(row, restarts(row, now)),
				},
				{
					header: 'AGE',
					field: 'age',
					width: 4,
					align: 'right',
					yields: 5,
					cell: (row, now) => quiet(row, age(now - row.createdAt)),
				},
				{header: 'NODE', field: 'node', width: 8, yields: 1, cell: row => ({text: row.node ?? '-', tone: 'dim'})},
			],
		}),
	],
};

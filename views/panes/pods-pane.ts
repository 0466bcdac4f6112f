import {type Cell, defineSection, type Pane, type Tone} from '../../src/contract/pane.ts';
import {type JobRuns, runDuration} from '../../src/model/kubernetes/job-runs.ts';
import type {PodRow} from '../../src/model/kubernetes/pod.ts';
import {blocksEvictions, shortWorkloadName, type WorkloadRow} from '../../src/model/kubernetes/workload.ts';
import {formatDuration} from '../../src/text/format.ts';

/** Short forms of long statuses that are common. */
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
function status({status: word, lastTermination: lastEnd, cause, severity}: PodRow): string {
	if (severity === 'ok') return short(word);
	const lacking = /insufficient ([\w./-]+)/i.exec(cause ?? '')?.[1];
	if (lacking !== undefined) return `${short(word)}<-${lacking}`;
	// Between two crashes the status is Running; the last cause still holds.
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

/** The age in one unit. */
const age = (ms: number): string => /^\d+[a-z]/.exec(formatDuration(ms / 1000))?.[0] ?? '?';

type Named = Pick<PodRow, 'namespace' | 'owner' | 'name'>;

const byName = (a: Named, b: Named): number => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name);
const byWorkload = (a: Named, b: Named): number =>
	a.namespace.localeCompare(b.namespace) || a.owner.localeCompare(b.owner) || a.name.localeCompare(b.name);

/** `cj/export  0 3 * * *  last 4h ago`, `job/migrate  took 12s`. */
function runName(row: WorkloadRow, {last, schedule, scheduledAt}: JobRuns, now: number): string {
	const length = last && runDuration(last, now);
	return [
		shortWorkloadName(row),
		...(schedule === undefined ? [] : [schedule]),
		...(scheduledAt === undefined ? [] : [`last ${age(now - scheduledAt)} ago`]),
		...(length === undefined ? [] : [`${last?.end === undefined ? 'for' : 'took'} ${length}`]),
	].join('  ');
}

/** `deploy/api  rev 41, 7m  3 of 6 new  hpa 3-10  pdb 0`: the name first, so that it stays where there is little space. */
function headName(row: WorkloadRow, now: number): string {
	const {revision, rollout, autoscaler, budgets, runs, updated, desired} = row;
	if (runs !== undefined) return runName(row, runs, now);
	const began = rollout?.at === undefined ? '' : `, ${age(now - rollout.at)}`;
	return [
		shortWorkloadName(row),
		...(revision === undefined ? [] : [`rev ${revision}${began}`]),
		...(row.status === 'stalled' || row.status === 'failed' ? [`${updated} of ${desired} new`] : []),
		...(autoscaler === undefined ? [] : [`hpa ${autoscaler.min}-${autoscaler.max}`]),
		...budgets.map(({allowed}) => `pdb ${allowed}`),
	].join('  ');
}

/** What is wrong, or the progress of a rollout, in the width of the column. The column before it has the ready pods, the one behind it the failing ones. */
function headStatus(row: WorkloadRow): string {
	const {status: word, updated, desired, autoscaler, budgets, pods, runs} = row;
	if (runs !== undefined) return word;
	if (word === 'progressing') return `${updated} of ${desired} new`;
	if (word === 'stalled') return 'rollout stuck';
	if (word === 'failed') return 'rollout failed';
	if (word !== 'ok' || row.severity === 'ok') return word;
	if (pods.unhealthy > 0) return pods.unhealthy === 1 ? '1 pod is bad' : `${pods.unhealthy} pods bad`;
	if (autoscaler?.failing !== undefined) return 'hpa failing';
	return autoscaler?.limited ? 'hpa at limit' : budgets.some(blocksEvictions) ? 'pdb blocks' : word;
}

/** The number of unhealthy pods; for a job those that failed, although later ones may have succeeded. */
function headBad({status: word, pods, runs}: WorkloadRow): string {
	const failed = runs?.last?.failed ?? 0;
	if (runs !== undefined) return failed === 0 ? '' : `${failed} failed`;
	return word === 'ok' || pods.unhealthy === 0 ? '' : `${pods.unhealthy} bad`;
}

const headTone = ({severity}: WorkloadRow): Tone => (severity === 'ok' ? 'dim' : severity);

/** The group of a pod: its workload by uid, by name where only the name is known, or the pod itself. */
const workloadOf = ({workload, namespace, owner}: PodRow): string => workload?.uid || `${namespace}/${owner}`;

export const podsPane: Pane = {
	id: 'pods',
	title: 'Pods',
	tab: 'Pods',
	systems: ['kubernetes'],
	gauges: [],
	sections: [
		defineSection<PodRow, WorkloadRow>({
			kind: 'kubernetes.pod',
			title: 'Pods',
			weight: 1,
			empty: 'no pods in the watched namespaces',
			orders: [
				{title: 'newest first', compare: (a, b) => b.createdAt - a.createdAt || byName(a, b)},
				{title: 'workload', compare: byWorkload, groupHeaders: {kind: 'kubernetes.workload', of: workloadOf}},
				{title: 'name', compare: byName},
				{title: 'restarts', compare: (a, b) => b.restarts - a.restarts || byName(a, b)},
				{title: 'node', compare: (a, b) => (a.node ?? '').localeCompare(b.node ?? '') || byName(a, b)},
			],
			columns: [
				{
					header: 'NAMESPACE',
					field: 'namespace',
					width: 11,
					cut: 'middle',
					hideOrder: 3,
					cell: row => quiet(row, row.namespace),
					groupCell: row => row.namespace,
				},
				{
					header: 'NAME',
					field: 'name',
					width: 17,
					grow: true,
					cut: 'middle',
					cell: row => row.name,
					groupCell: headName,
				},
				{
					header: 'READY',
					field: 'ready',
					width: 5,
					hideOrder: 4,
					cell: row => ({
						text: `${row.ready}/${row.containers}`,
						tone: row.severity === 'ok' ? 'dim' : row.severity,
					}),
					groupCell: row => ({text: `${row.ready}/${row.desired}`, tone: headTone(row)}),
				},
				{
					header: 'STATUS',
					field: 'status',
					width: 14,
					cell: row => ({text: status(row), tone: row.severity === 'ok' ? 'dim' : row.severity}),
					groupCell: row => ({text: headStatus(row), tone: headTone(row)}),
				},
				{
					header: 'RESTARTS',
					field: 'restarts',
					width: 8,
					align: 'right',
					hideOrder: 2,
					cell: (row, now) => quiet(row, restarts(row, now)),
					groupCell: row => ({text: headBad(row), tone: headTone(row)}),
				},
				{
					header: 'AGE',
					field: 'age',
					width: 4,
					align: 'right',
					hideOrder: 5,
					cell: (row, now) => quiet(row, age(now - row.createdAt)),
					groupCell: (row, now) => ({text: age(now - row.createdAt), tone: 'dim'}),
				},
				{
					header: 'NODE',
					field: 'node',
					width: 8,
					cut: 'middle',
					hideOrder: 1,
					cell: row => ({text: row.node ?? '-', tone: 'dim'}),
				},
			],
		}),
	],
};

import type {Context} from '../../../src/contract/context.ts';
import {defineInspection} from '../../../src/contract/define.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import {factLine} from '../../../src/model/document-lines.ts';
import {type JobRuns, runCounts, runDuration} from '../../../src/model/kubernetes/job-runs.ts';
import {
	blocksEvictions,
	type WorkloadAutoscaler,
	type WorkloadBudget,
	type WorkloadRow,
} from '../../../src/model/kubernetes/workload.ts';
import type {ApiObject, KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import type {Condition, ContainerSpec} from '../../../src/port/kubernetes-objects.ts';
import {formatDuration} from '../../../src/text/format.ts';
import {readOptionalObjects} from '../api/cached-reads.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {type InvolvedObject, readEventLines} from '../objects/event-lines.ts';
import {fieldOwnerCheck} from '../objects/field-owner.ts';
import {formatTimestamp, resourceText, rolloutText} from '../objects/inspect-pod.ts';
import {byNewest, controllerOf} from '../objects/owner-index.ts';
import {childObject, podTemplateOf} from '../objects/pod-template.ts';
import {kubectlName, readWorkload, refOfWorkloadRow} from '../objects/workload-ref.ts';
import {readRevisions} from './revisions.ts';
import {describeReplacementPace} from './template-action.ts';
import {readWorkloadPods} from './workload-pods.ts';

/** Each costs one request for events. */
const maxPods = 10;

/** The objects whose events belong to a workload: itself, its ReplicaSets with pods or its Jobs, and its pods, unhealthy ones first. */
export async function involvedInWorkload(
	row: WorkloadRow,
	port: KubernetesPort,
	context: Context,
): Promise<readonly InvolvedObject[]> {
	const [sets, jobs, pods] = await Promise.all([
		readOptionalObjects(port, 'replicasets', '', context),
		readOptionalObjects(port, 'jobs', '', context),
		readWorkloadPods(port, row, row.target, context),
	]);
	const ownSets = [...sets.objects.values()].filter(
		({metadata, spec}) => controllerOf(metadata)?.uid === row.uid && (spec?.replicas ?? 0) > 0,
	);
	const ownJobs = [...jobs.objects.values()].filter(({metadata}) => controllerOf(metadata)?.uid === row.uid);
	const unhealthyFirst = pods.toSorted((a, b) => Number(a.severity === 'ok') - Number(b.severity === 'ok'));
	return [
		{kind: row.workloadKind, name: row.name, uid: row.uid},
		...ownSets.map(({metadata}) => ({kind: 'ReplicaSet', name: metadata.name, uid: metadata.uid})),
		...ownJobs
			.toSorted(byNewest)
			.slice(0, maxPods)
			.map(({metadata}) => ({kind: 'Job', name: metadata.name, uid: metadata.uid})),
		...unhealthyFirst.slice(0, maxPods).map(({name, uid}) => ({kind: 'Pod', name, uid})),
	];
}

const autoscalerLine = ({name, min, max, current, limited, failing}: WorkloadAutoscaler): DocumentLine => {
	const state = failing ?? (limited ? 'at its maximum, and would scale further' : `${current} now`);
	const line = factLine('Autoscaler', `${name}, from ${min} to ${max} pods: ${state}`);
	return failing !== undefined || limited ? {...line, severity: 'warn'} : line;
};

const budgetLine = (budget: WorkloadBudget): DocumentLine => {
	const {name, allowed, healthy, needed, expected} = budget;
	const line = factLine(
		'Budget',
		`${name}: ${allowed} may be evicted, ${healthy} of ${expected} healthy, ${needed} needed`,
	);
	return blocksEvictions(budget) ? {...line, severity: 'warn'} : line;
};

function containerLines(object: ApiObject): readonly DocumentLine[] {
	// A CronJob holds the template of its Jobs, which holds the template of the pods.
	const holder = {...object, ...childObject(object, 'spec', 'jobTemplate')};
	const containers = (childObject(podTemplateOf(holder), 'spec')['containers'] ?? []) as readonly ContainerSpec[];
	return containers.flatMap(container => [
		{text: ''},
		{text: `Container ${container.name}`, loud: true},
		factLine('  image', container.image ?? '-'),
		factLine('  resources', resourceText(container)),
	]);
}

async function revisionLines(
	row: WorkloadRow,
	object: ApiObject,
	port: KubernetesPort,
	context: Context,
): Promise<readonly DocumentLine[]> {
	if (row.runs !== undefined) return [];
	const revisions = await readRevisions(port, refOfWorkloadRow(row), object, context);
	return revisions.map(({revision, at, changeCause, name}) => {
		const age = at === undefined ? '' : `, created ${formatDuration((context.now() - at) / 1000)} ago`;
		return {text: `  ${revision}  ${name}${age}${changeCause === undefined ? '' : `  ${changeCause}`}`};
	});
}

/** Conditions that are bad when true. */
const badConditions: ReadonlySet<string> = new Set(['ReplicaFailure', 'Failed', 'FailureTarget', 'Suspended']);

function rolloutLines(row: WorkloadRow, object: ApiObject): readonly DocumentLine[] {
	const revision = row.revision === undefined ? 'not known' : `revision ${row.revision}`;
	return [
		factLine('Status', `${row.status}: ${row.state.detail}`),
		factLine('Ready', `${row.ready} of ${row.desired}, ${row.updated} of the current revision`),
		factLine('Rollout', row.rollout === undefined ? revision : rolloutText(row.rollout)),
		factLine('Pods replaced', describeReplacementPace(refOfWorkloadRow(row), object)),
		...(row.autoscaler === undefined ? [factLine('Autoscaler', 'none')] : [autoscalerLine(row.autoscaler)]),
		...(row.budgets.length === 0 ? [factLine('Budget', 'none')] : row.budgets.map(budgetLine)),
	];
}

const formatTime = (when: number | undefined): string =>
	when === undefined ? '-' : formatTimestamp(new Date(when).toISOString());

function runLines(status: string, runs: JobRuns, object: ApiObject, now: number): readonly DocumentLine[] {
	const {last, schedule, scheduledAt, succeededAt, suspended} = runs;
	const {parallelism = 1, backoffLimit, activeDeadlineSeconds} = childObject(object, 'spec');
	const {concurrencyPolicy} = childObject(object, 'spec');
	return [
		factLine('Status', `${status}${last === undefined ? '' : `: ${runCounts(last)}`}`),
		...(schedule === undefined
			? [
					factLine('Parallel', String(parallelism)),
					factLine('Retries', backoffLimit === undefined ? '-' : `${String(backoffLimit)} at most`),
					...(activeDeadlineSeconds === undefined ? [] : [factLine('Deadline', `${String(activeDeadlineSeconds)} s`)]),
				]
			: [
					factLine('Schedule', `${schedule}${suspended ? ', suspended: no job is started' : ''}`),
					factLine('Last scheduled', formatTime(scheduledAt)),
					factLine('Last success', formatTime(succeededAt)),
					factLine('While one runs', String(concurrencyPolicy ?? 'Allow')),
					factLine('Last job', last?.name ?? 'none left'),
				]),
		...(last === undefined
			? []
			: [
					factLine('Started', formatTime(last.startedAt)),
					factLine('Ended', last.end === undefined ? 'not yet' : formatTime(last.endedAt)),
					factLine('Took', runDuration(last, now) ?? '-'),
				]),
	];
}

/** Describes a workload: its rollout, autoscaler and budgets, pods, revisions and events, read from the server when it opens. */
export const inspectWorkload = defineInspection<WorkloadRow, KubernetesPort, KubernetesSettings>()({
	id: 'kubernetes.describe-workload',
	title: 'Describe workload',
	key: 'd',
	kind: 'kubernetes.workload',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const ref = refOfWorkloadRow(row);
		const object = await readWorkload(port, ref, context);
		const [pods, revisions, events] = await Promise.all([
			readWorkloadPods(port, row, target.name, context),
			revisionLines(row, object, port, context),
			readEventLines(port, row.namespace, await involvedInWorkload(row, port, context), context),
		]);
		const conditions = (childObject(object, 'status')['conditions'] ?? []) as readonly Condition[];
		const fieldOwner = fieldOwnerCheck(object);
		return {
			title: `${row.workloadKind} ${row.namespace}/${row.name}`,
			cliEquivalent: [
				kubectlCommand(target, '-n', row.namespace, 'describe', kubectlName(ref)),
				...(row.runs === undefined
					? [kubectlCommand(target, '-n', row.namespace, 'rollout', 'history', kubectlName(ref))]
					: []),
			],
			lines: [
				...(row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}]),
				...(row.runs === undefined ? rolloutLines(row, object) : runLines(row.status, row.runs, object, context.now())),
				...(fieldOwner === undefined ? [] : [{...factLine('Owner', fieldOwner.detail), severity: 'warn' as const}]),
				factLine('UID', row.uid),
				...containerLines(object),
				{text: ''},
				{text: `Pods: ${pods.length}`, loud: true},
				...pods
					.toSorted((a, b) => a.name.localeCompare(b.name))
					.map(pod => ({
						text: `  ${pod.name}  ${pod.ready}/${pod.containers}  ${pod.why ?? pod.status}${pod.rollout === undefined ? '' : `  revision ${pod.rollout.revision}`}`,
						severity: pod.severity,
					})),
				...(row.runs === undefined ? [{text: ''}, {text: 'Revisions, newest first', loud: true}, ...revisions] : []),
				...(conditions.length === 0 ? [] : [{text: ''}, {text: 'Conditions', loud: true}]),
				...conditions.map(({type, status, reason, message}) => ({
					text: `  ${type.padEnd(16)}${status.padEnd(8)}${[reason, message].filter(Boolean).join(': ')}`,
					...((status === 'True') === !badConditions.has(type) ? {} : {severity: 'warn' as const}),
				})),
				{text: ''},
				{text: 'Events', loud: true},
				...events,
			],
		};
	},
});

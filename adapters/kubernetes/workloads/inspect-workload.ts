import type {Context} from '../../../src/contract/context.ts';
import {defineInspection} from '../../../src/contract/define.ts';
import type {Line} from '../../../src/contract/document.ts';
import {type Runs, runCounts, runLength} from '../../../src/model/kubernetes/job-runs.ts';
import {type Autoscaler, type Budget, blocks, type WorkloadRow} from '../../../src/model/kubernetes/workload.ts';
import type {ApiObject, KubernetesPort} from '../../../src/port/kubernetes.ts';
import type {Condition, ContainerSpec} from '../../../src/port/kubernetes-objects.ts';
import {duration} from '../../../src/text/format.ts';
import {besides} from '../api/cached-reads.ts';
import {kubectl} from '../api/cli-equivalent.ts';
import {eventSection, type Involved} from '../objects/event-lines.ts';
import {managerCheck} from '../objects/field-owner.ts';
import {at, fact, resourceText, rolloutText} from '../objects/inspect-pod.ts';
import {controllerOf, youngestFirst} from '../objects/owner-index.ts';
import {part, templateOf} from '../objects/pod-template.ts';
import {readWorkload, slashed} from '../objects/workload-ref.ts';
import {readRevisions} from './revisions.ts';
import {replacing} from './template-action.ts';
import {podsOf} from './workload-pods.ts';

/** A request for each of them is made. */
const mostPods = 10;

/** A workload, its ReplicaSets that have pods or its Jobs, and its pods, those that are not well first. */
export async function aboutWorkload(
	row: WorkloadRow,
	port: KubernetesPort,
	context: Context,
): Promise<readonly Involved[]> {
	const [sets, jobs, pods] = await Promise.all([
		besides(port, 'replicasets', '', context),
		besides(port, 'jobs', '', context),
		podsOf(port, row, row.target, context),
	]);
	const own = [...sets.objects.values()].filter(
		({metadata, spec}) => controllerOf(metadata)?.uid === row.uid && (spec?.replicas ?? 0) > 0,
	);
	const made = [...jobs.objects.values()].filter(({metadata}) => controllerOf(metadata)?.uid === row.uid);
	const sickFirst = pods.toSorted((a, b) => Number(a.severity === 'ok') - Number(b.severity === 'ok'));
	return [
		{kind: row.kind, name: row.name, uid: row.uid},
		...own.map(({metadata}) => ({kind: 'ReplicaSet', name: metadata.name, uid: metadata.uid})),
		...made
			.toSorted(youngestFirst)
			.slice(0, mostPods)
			.map(({metadata}) => ({kind: 'Job', name: metadata.name, uid: metadata.uid})),
		...sickFirst.slice(0, mostPods).map(({name, uid}) => ({kind: 'Pod', name, uid})),
	];
}

const autoscalerLine = ({name, min, max, current, limited, failing}: Autoscaler): Line => {
	const state = failing ?? (limited ? 'at its limit, and wants more' : `${current} now`);
	const line = fact('Autoscaler', `${name}, from ${min} to ${max} pods: ${state}`);
	return failing !== undefined || limited ? {...line, severity: 'warn'} : line;
};

const budgetLine = (budget: Budget): Line => {
	const {name, allowed, healthy, needed, expected} = budget;
	const line = fact('Budget', `${name}: ${allowed} may go, ${healthy} of ${expected} healthy, ${needed} needed`);
	return blocks(budget) ? {...line, severity: 'warn'} : line;
};

function containerLines(object: ApiObject): readonly Line[] {
	// A CronJob holds the template of the Jobs that hold that of the pods.
	const holder = {...object, ...part(object, 'spec', 'jobTemplate')};
	const containers = (part(templateOf(holder), 'spec')['containers'] ?? []) as readonly ContainerSpec[];
	return containers.flatMap(container => [
		{text: ''},
		{text: `Container ${container.name}`, loud: true},
		fact('  image', container.image ?? '-'),
		fact('  resources', resourceText(container)),
	]);
}

async function revisionLines(
	row: WorkloadRow,
	object: ApiObject,
	port: KubernetesPort,
	context: Context,
): Promise<readonly Line[]> {
	if (row.runs !== undefined) return [];
	const revisions = await readRevisions(port, row, object, context);
	return revisions.map(({revision, at, changeCause, name}) => {
		const age = at === undefined ? '' : `, made ${duration((context.now() - at) / 1000)} ago`;
		return {text: `  ${revision}  ${name}${age}${changeCause === undefined ? '' : `  ${changeCause}`}`};
	});
}

/** Conditions that should not be. */
const bad = new Set(['ReplicaFailure', 'Failed', 'FailureTarget', 'Suspended']);

function rolloutLines(row: WorkloadRow, object: ApiObject): readonly Line[] {
	const revision = row.revision === undefined ? 'not known' : `revision ${row.revision}`;
	return [
		fact('Status', `${row.status}: ${row.state.detail}`),
		fact('Ready', `${row.ready} of ${row.desired}, ${row.updated} of the present revision`),
		fact('Rollout', row.rollout === undefined ? revision : rolloutText(row.rollout)),
		fact('Pods replaced', replacing(row, object)),
		...(row.autoscaler === undefined ? [fact('Autoscaler', 'none')] : [autoscalerLine(row.autoscaler)]),
		...(row.budgets.length === 0 ? [fact('Budget', 'none')] : row.budgets.map(budgetLine)),
	];
}

const moments = (when: number | undefined): string => (when === undefined ? '-' : at(new Date(when).toISOString()));

function runLines(status: string, runs: Runs, object: ApiObject, now: number): readonly Line[] {
	const {last, schedule, scheduledAt, succeededAt, suspended} = runs;
	const {parallelism = 1, backoffLimit, activeDeadlineSeconds} = part(object, 'spec');
	const {concurrencyPolicy} = part(object, 'spec');
	return [
		fact('Status', `${status}${last === undefined ? '' : `: ${runCounts(last)}`}`),
		...(schedule === undefined
			? [
					fact('Parallel', String(parallelism)),
					fact('Retries', backoffLimit === undefined ? '-' : `${String(backoffLimit)} at most`),
					...(activeDeadlineSeconds === undefined ? [] : [fact('Deadline', `${String(activeDeadlineSeconds)} s`)]),
				]
			: [
					fact('Schedule', `${schedule}${suspended ? ', suspended: it starts nothing' : ''}`),
					fact('Last scheduled', moments(scheduledAt)),
					fact('Last success', moments(succeededAt)),
					fact('While one runs', String(concurrencyPolicy ?? 'Allow')),
					fact('Last job', last?.name ?? 'none is left'),
				]),
		...(last === undefined
			? []
			: [
					fact('Started', moments(last.startedAt)),
					fact('Ended', last.end === undefined ? 'not yet' : moments(last.endedAt)),
					fact('Took', runLength(last, now) ?? '-'),
				]),
	];
}

/** A workload: its rollout, what watches over it, its pods, its revisions and its events, read again now. */
export const inspectWorkload = defineInspection<WorkloadRow, KubernetesPort>()({
	id: 'kubernetes.describe-workload',
	title: 'Describe workload',
	key: 'd',
	kind: 'kubernetes.workload',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const object = await readWorkload(port, row, context);
		const [pods, revisions, events] = await Promise.all([
			podsOf(port, row, target.name, context),
			revisionLines(row, object, port, context),
			eventSection(port, row.namespace, await aboutWorkload(row, port, context), context),
		]);
		const conditions = (part(object, 'status')['conditions'] ?? []) as readonly Condition[];
		const managed = managerCheck(object);
		return {
			title: `${row.kind} ${row.namespace}/${row.name}`,
			reads: [
				kubectl(target, '-n', row.namespace, 'describe', slashed(row)),
				...(row.runs === undefined ? [kubectl(target, '-n', row.namespace, 'rollout', 'history', slashed(row))] : []),
			],
			lines: [
				...(row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}]),
				...(row.runs === undefined ? rolloutLines(row, object) : runLines(row.status, row.runs, object, context.now())),
				...(managed === undefined ? [] : [{...fact('Owner', managed.detail), severity: 'warn' as const}]),
				fact('UID', row.uid),
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
					...((status === 'True') === !bad.has(type) ? {} : {severity: 'warn' as const}),
				})),
				{text: ''},
				{text: 'Events', loud: true},
				...events,
			],
		};
	},
});

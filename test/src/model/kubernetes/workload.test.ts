import {describe, expect, it} from 'vitest';
import {type JobRun, type JobRuns, runCounts} from '../../../../src/model/kubernetes/job-runs.ts';
import {
	type WorkloadBudget,
	type WorkloadFacts,
	type WorkloadPods,
	workloadRow,
} from '../../../../src/model/kubernetes/workload.ts';
import {workloadFindings} from '../../../../src/model/kubernetes/workload-findings.ts';

const at = Date.UTC(2026, 10, 21, 13, 58);

const pods: WorkloadPods = {total: 6, severity: 'ok', unhealthy: 0, why: undefined, currentRevisionSeverity: 'ok'};
const well: WorkloadFacts = {
	uid: 'd1',
	namespace: 'checkout',
	name: 'api',
	owner: 'api',
	workloadKind: 'Deployment',
	workload: {kind: 'Deployment', name: 'api', uid: 'd1', paused: false, replicas: 6},
	desired: 6,
	ready: 6,
	updated: 6,
	revision: 41,
	rollout: {revision: 41, at, first: false},
	rolling: false,
	state: {state: 'done', detail: 'all 6 pods are new and available'},
	refused: undefined,
	autoscaler: undefined,
	budgets: [],
	pods,
	createdAt: at - 86_400_000,
};
const rolling = {rolling: true, state: {state: 'waiting', detail: '3 of 6 new pods exist'}, updated: 3} as const;
const failed = {
	rolling: true,
	state: {state: 'failed', detail: 'it made no progress within its deadline (ProgressDeadlineExceeded)'},
} as const;
const killed: WorkloadPods = {
	total: 8,
	severity: 'crit',
	unhealthy: 3,
	why: 'CrashLoopBackOff <- OOMKilled 137',
	currentRevisionSeverity: 'crit',
};
const late: WorkloadPods = {
	total: 8,
	severity: 'warn',
	unhealthy: 2,
	why: 'not ready, 0 of 1 containers',
	currentRevisionSeverity: 'warn',
};
const scaler = {name: 'api', min: 3, max: 10, current: 10, limited: false, failing: undefined};
const budget: WorkloadBudget = {uid: 'b', name: 'api', allowed: 2, healthy: 6, needed: 4, expected: 6};
const paused = {...well.workload, paused: true};

const cases: readonly (readonly [
	string,
	Partial<WorkloadFacts>,
	status: string,
	severity: string,
	expected: RegExp | undefined,
])[] = [
	['well', {}, 'ok', 'ok', undefined],
	['rolling out', rolling, 'progressing', 'ok', undefined],
	['paused', {workload: paused}, 'paused', 'ok', undefined],
	['short of a pod that will be there soon', {ready: 5}, 'degraded', 'ok', undefined],
	[
		'past its deadline for an unknown reason',
		failed,
		'failed',
		'crit',
		/^crit checkout\/api: rollout of revision 41, begun at 13:58:00Z, failed: it made no progress within its deadline/,
	],
	[
		'past its deadline, with pods that are only late',
		{...failed, pods: late},
		'failed',
		'crit',
		/^crit .*revision 41.*failed/,
	],
	[
		'past its deadline because new pods crash, which have findings of their own',
		{...failed, pods: killed},
		'failed',
		'crit',
		undefined,
	],
	['held up by new pods, which have findings of their own', {...rolling, pods: late}, 'stalled', 'warn', undefined],
	[
		'a set that waits for an old pod',
		{...rolling, workloadKind: 'StatefulSet', pods: {...late, currentRevisionSeverity: 'ok'}},
		'stalled',
		'warn',
		/^warn checkout\/api: rollout of revision 41, begun at 13:58:00Z, is stalled: 2 of 8 pods not ready/,
	],
	[
		'old pods of a deployment are not well, and the rollout goes on',
		{...rolling, pods: {...late, currentRevisionSeverity: 'ok'}},
		'progressing',
		'warn',
		undefined,
	],
	[
		'pods that the quota forbids',
		{...rolling, refused: 'exceeded quota: small'},
		'stalled',
		'crit',
		/^crit .*is blocked: no pod can be created, exceeded quota: small/,
	],
	[
		'an autoscaler at its limit that wants more',
		{autoscaler: {...scaler, limited: true}},
		'ok',
		'warn',
		/^warn checkout\/api: autoscaler api is at its limit of 10 pods and would scale further$/,
	],
	['an autoscaler at its limit that has enough', {autoscaler: scaler}, 'ok', 'ok', undefined],
	[
		'an autoscaler without metrics',
		{autoscaler: {...scaler, failing: 'FailedGetResourceMetric: no metrics'}},
		'ok',
		'warn',
		/^warn .*autoscaler api fails: FailedGetResourceMetric: no metrics$/,
	],
	['a budget that lets pods go', {budgets: [budget]}, 'ok', 'ok', undefined],
	[
		'a budget that needs all pods',
		{budgets: [{...budget, allowed: 0, needed: 6}]},
		'ok',
		'warn',
		/^warn .*budget api allows no eviction: all 6 pods are healthy and all are needed$/,
	],
	[
		'a budget with fewer pods than it needs',
		{budgets: [{...budget, allowed: 0, healthy: 3}]},
		'ok',
		'warn',
		/^warn .*budget api allows no eviction: 3 pods are healthy and 4 are needed$/,
	],
	[
		'the same because pods are unhealthy',
		{budgets: [{...budget, allowed: 0, healthy: 3}], pods: killed},
		'ok',
		'crit',
		undefined,
	],
	[
		'a budget without pods',
		{budgets: [{...budget, allowed: 0, healthy: 0, needed: 0, expected: 0}]},
		'ok',
		'ok',
		undefined,
	],
];

const run: JobRun = {
	name: 'export-2',
	wanted: 3,
	succeeded: 1,
	active: 0,
	failed: 2,
	end: undefined,
	failureReason: undefined,
	startedAt: at,
	endedAt: undefined,
};
const ranOut = {...run, end: 'failed', failureReason: 'DeadlineExceeded: too long', endedAt: at + 60_000} as const;
const runs: JobRuns = {
	last: run,
	suspended: false,
	schedule: undefined,
	scheduledAt: undefined,
	succeededAt: undefined,
};

const runCases: readonly (readonly [string, Partial<JobRuns>, WorkloadPods, string, string, RegExp | undefined])[] = [
	['whose pods run', {}, pods, 'running', 'ok', undefined],
	['that is over', {last: {...run, end: 'complete', succeeded: 3}}, pods, 'complete', 'ok', undefined],
	['that is suspended', {last: {...run, succeeded: 0, failed: 0}, suspended: true}, pods, 'suspended', 'ok', undefined],
	['whose first pod is still to be made', {last: {...run, succeeded: 0, failed: 0}}, pods, 'waiting', 'ok', undefined],
	[
		'that failed',
		{last: ranOut},
		pods,
		'failed',
		'crit',
		/^crit checkout\/api: the job failed: DeadlineExceeded: too long$/,
	],
	['that failed with its pods still there', {last: ranOut}, killed, 'failed', 'crit', undefined],
	[
		'of a schedule that failed last',
		{last: ranOut, schedule: '0 3 * * *'},
		pods,
		'failed',
		'crit',
		/^crit checkout\/api: its last run export-2 failed: DeadlineExceeded: too long$/,
	],
	['of a schedule that made none yet', {last: undefined, schedule: '0 3 * * *'}, pods, 'waiting', 'ok', undefined],
];

describe('a job', () => {
	it.each(runCases)('%s', (_, expected, itsPods, status, severity, found) => {
		const row = workloadRow('prod', {
			...well,
			workloadKind: 'Job',
			rolling: false,
			pods: itsPods,
			runs: {...runs, ...expected},
		});
		expect(row).toMatchObject({status, severity});
		const findings = workloadFindings([row], 'prod').map(finding => `${finding.severity} ${finding.sentence}`);
		expect(findings).toEqual(found === undefined ? [] : [expect.stringMatching(found)]);
	});

	it('dates its finding by the end of the run, and counts the pods of it', () => {
		const found = (last: Partial<JobRun>) =>
			workloadFindings(
				[workloadRow('prod', {...well, workloadKind: 'Job', runs: {...runs, last: {...run, end: 'failed', ...last}}})],
				'prod',
			)[0];
		expect(found({endedAt: 7})).toMatchObject({since: 7, evidence: ['Job: 1 of 3 done, 2 pods failed']});
		expect(found({endedAt: undefined})?.since).toBeUndefined();
	});

	it('has its numbers of runs as text', () => {
		expect(runCounts(run)).toBe('1 of 3 done, 2 pods failed');
		expect(runCounts({...run, active: 1, failed: 0})).toBe('1 of 3 done, 1 running');
		expect(runCounts({...run, failed: 1})).toBe('1 of 3 done, 1 pod failed');
	});
});

describe('a workload', () => {
	it.each(cases)('%s', (_, facts, status, severity, expected) => {
		const row = workloadRow('prod', {...well, ...facts});
		expect(row).toMatchObject({status, severity});
		expect(row.why === undefined).toBe(severity === 'ok');
		const findings = workloadFindings([row], 'prod').map(finding => `${finding.severity} ${finding.sentence}`);
		expect(findings).toEqual(expected === undefined ? [] : [expect.stringMatching(expected)]);
	});

	it('says that a rollout is to be undone only where there was one before', () => {
		const actions = (facts: Partial<WorkloadFacts>) =>
			workloadFindings([workloadRow('prod', {...well, ...failed, ...facts})], 'prod')[0]?.actions;
		expect(actions({})).toEqual(['kubernetes.undo-rollout']);
		expect(actions({rollout: {revision: 1, at, first: true}, revision: 1})).toEqual([]);
	});

	it('reports a budget of two workloads once', () => {
		const shared = {budgets: [{...budget, allowed: 0, needed: 6}]};
		const rows = ['api', 'web'].map(name => workloadRow('prod', {...well, ...shared, name, uid: name}));
		expect(workloadFindings(rows, 'prod')).toHaveLength(1);
	});
});

it('dates an autoscaler and a budget by their conditions', () => {
	const since = (facts: Partial<WorkloadFacts>) =>
		workloadFindings([workloadRow('prod', {...well, ...facts})], 'prod').map(finding => finding.since);
	expect(since({autoscaler: {...scaler, limited: true, since: 7}})).toEqual([7]);
	expect(since({autoscaler: {...scaler, limited: true}})).toEqual([undefined]);
	expect(since({budgets: [{...budget, allowed: 0, needed: 6, since: 9}]})).toEqual([9]);
});

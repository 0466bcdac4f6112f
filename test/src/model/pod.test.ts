import {describe, expect, it} from 'vitest';
import {type PodFacts, podFindings, podRow} from '../../../src/model/pod.ts';

const now = Date.UTC(2026, 10, 21, 14, 5, 22);
const ago = (seconds: number): number => now - seconds * 1000;

const well: PodFacts = {
	uid: 'u1',
	namespace: 'checkout',
	name: 'api-1',
	owner: 'api',
	node: 'node-a1',
	ready: 1,
	containers: 1,
	status: 'Running',
	lastEnd: undefined,
	message: undefined,
	restarts: 0,
	restartedAt: undefined,
	createdAt: ago(86_400),
	unreadySince: undefined,
	deleteBy: undefined,
};

const oom = {reason: 'OOMKilled', exitCode: 137};

const cases: readonly (readonly [name: string, facts: Partial<PodFacts>, severity: string, why?: string])[] = [
	['running and ready', {}, 'ok'],
	['finished', {status: 'Completed', ready: 0}, 'ok'],
	['crash loop', {status: 'CrashLoopBackOff', ready: 0, lastEnd: oom}, 'crit', 'CrashLoopBackOff <- OOMKilled 137'],
	['crash loop without a known cause', {status: 'CrashLoopBackOff', ready: 0}, 'crit', 'CrashLoopBackOff'],
	['broken init container', {status: 'Init:ImagePullBackOff', ready: 0}, 'crit', 'Init:ImagePullBackOff'],
	['exit code as the status', {status: 'Init:ExitCode:3', ready: 0}, 'crit', 'Init:ExitCode:3'],
	[
		'image gone',
		{status: 'ErrImagePull', ready: 0, message: 'manifest unknown'},
		'crit',
		'ErrImagePull: manifest unknown',
	],
	['just created', {status: 'Pending', node: undefined, ready: 0, createdAt: ago(119)}, 'ok'],
	[
		'not scheduled for two minutes',
		{status: 'Pending', node: undefined, ready: 0, createdAt: ago(120), message: '0/12 nodes'},
		'warn',
		'Pending: 0/12 nodes',
	],
	['just unready', {ready: 1, containers: 2, unreadySince: ago(119)}, 'ok'],
	['unready', {ready: 1, containers: 2, unreadySince: ago(120)}, 'warn', 'not ready, 1 of 2 containers'],
	['restarted lately', {restarts: 3, restartedAt: ago(599)}, 'warn', 'restarted in the last 10 minutes'],
	['restarted long ago', {restarts: 3, restartedAt: ago(600)}, 'ok'],
	['terminating within its grace', {status: 'Terminating', ready: 0, deleteBy: ago(-5)}, 'ok'],
	[
		'terminating for too long',
		{status: 'Terminating', ready: 0, deleteBy: ago(90)},
		'warn',
		'should be gone since 1m30s',
	],
	['evicted', {status: 'Evicted', ready: 0}, 'warn', 'Evicted'],
];

describe('pod', () => {
	for (const [name, facts, severity, why] of cases) {
		it(name, () => {
			const row = podRow('prod', {...well, ...facts}, now);
			expect(row.severity).toBe(severity);
			expect(row.why).toBe(why);
			expect(row.id).toBe('u1');
		});
	}

	it('tells one finding for each workload and cause', () => {
		const crash = {status: 'CrashLoopBackOff', ready: 0, lastEnd: oom};
		const rows = [
			{...well, uid: '1', ...crash, restarts: 3, unreadySince: ago(420)},
			{...well, uid: '2', ...crash, restarts: 9, unreadySince: ago(300)},
			{...well, uid: '3', status: 'ImagePullBackOff', ready: 0, unreadySince: ago(10)},
			{...well, uid: '4'},
			{...well, uid: '5', namespace: 'search', ...crash, unreadySince: ago(30)},
		].map(facts => podRow('prod', facts, now));
		const found = podFindings(rows, 'prod');
		expect(found.map(finding => finding.sentence)).toEqual([
			'checkout/api: 2 of 4 pods CrashLoopBackOff <- OOMKilled 137',
			'checkout/api: 1 of 4 pods ImagePullBackOff',
			'search/api: 1 of 1 pods CrashLoopBackOff <- OOMKilled 137',
		]);
		expect(found[0]).toMatchObject({severity: 'crit', since: ago(420), row: {kind: 'kubernetes.pod', id: '2'}});
	});

	it('keeps the identity of a finding while its sentence counts on', () => {
		const at = (moment: number) =>
			podFindings([podRow('prod', {...well, status: 'Terminating', deleteBy: ago(90)}, moment)], 'prod')[0];
		expect(at(now)?.id).toBe(at(now + 60_000)?.id);
		expect(at(now)?.sentence).not.toBe(at(now + 60_000)?.sentence);
	});

	it('finds nothing where all is well', () => {
		expect(podFindings([podRow('prod', well, now)], 'prod')).toEqual([]);
	});
});

import {describe, expect, it} from 'vitest';
import {type PodFacts, podRow} from '../../../../src/model/kubernetes/pod.ts';
import {createPodFindings} from '../../../../src/model/kubernetes/pod-findings.ts';

const podFindings: ReturnType<typeof createPodFindings> = (rows, target) => createPodFindings()(rows, target);

const now = Date.UTC(2026, 10, 21, 14, 5, 22);
const ago = (seconds: number): number => now - seconds * 1000;

const well: PodFacts = {
	uid: 'u1',
	namespace: 'checkout',
	name: 'api-1',
	owner: 'api',
	workload: {kind: 'Deployment', name: 'api', uid: 'd1', paused: false, replicas: 4},
	rollout: {revision: 41, at: ago(86_400), first: false},
	node: 'node-a1',
	ready: 1,
	containers: 1,
	status: 'Running',
	lastTermination: undefined,
	cause: undefined,
	memoryLimit: '512Mi',
	restarts: 0,
	restartedAt: undefined,
	createdAt: ago(86_400),
	unreadySince: undefined,
	deletionDueAt: undefined,
};

const oom = {reason: 'OOMKilled', exitCode: 137};
const killed = {lastTermination: oom, cause: 'OOMKilled 137'};

const cases: readonly (readonly [name: string, facts: Partial<PodFacts>, severity: string, why?: string])[] = [
	['running and ready', {}, 'ok'],
	['finished', {status: 'Completed', ready: 0}, 'ok'],
	[
		'crash loop',
		{status: 'CrashLoopBackOff', ready: 0, ...killed, restarts: 14},
		'crit',
		'CrashLoopBackOff <- OOMKilled 137 at limit 512Mi x14',
	],
	[
		'crash loop of an exit code',
		{
			status: 'CrashLoopBackOff',
			ready: 0,
			lastTermination: {reason: 'Error', exitCode: 1},
			cause: 'Error 1',
			restarts: 3,
		},
		'crit',
		'CrashLoopBackOff <- Error 1 x3',
	],
	[
		'up between two crashes',
		{status: 'Running', ready: 0, lastTermination: oom, restarts: 5, restartedAt: ago(20), unreadySince: ago(20)},
		'crit',
		'CrashLoopBackOff <- OOMKilled 137 at limit 512Mi x5',
	],
	[
		'killed once',
		{status: 'OOMKilled', ready: 0, lastTermination: oom, cause: '137'},
		'crit',
		'OOMKilled 137 at limit 512Mi',
	],
	['crash loop without a known cause', {status: 'CrashLoopBackOff', ready: 0}, 'crit', 'CrashLoopBackOff'],
	['broken init container', {status: 'Init:ImagePullBackOff', ready: 0}, 'crit', 'Init:ImagePullBackOff'],
	['exit code as the status', {status: 'Init:ExitCode:3', ready: 0}, 'crit', 'Init:ExitCode:3'],
	['image not found', {status: 'ErrImagePull', ready: 0, cause: 'not found'}, 'crit', 'ImagePullBackOff <- not found'],
	['just created', {status: 'Pending', node: undefined, ready: 0, createdAt: ago(119)}, 'ok'],
	[
		'not scheduled for two minutes',
		{status: 'Pending', node: undefined, ready: 0, createdAt: ago(120), cause: '0/12 nodes: insufficient cpu'},
		'warn',
		'Pending <- 0/12 nodes: insufficient cpu',
	],
	['just unready', {ready: 1, containers: 2, unreadySince: ago(119)}, 'ok'],
	['unready', {ready: 1, containers: 2, unreadySince: ago(120)}, 'warn', 'not ready, 1 of 2 containers'],
	['restarted lately', {restarts: 3, restartedAt: ago(599)}, 'warn', 'restarted in the last 10 minutes'],
	['restarted long ago', {restarts: 3, restartedAt: ago(600)}, 'ok'],
	[
		'restarted about every hour',
		{
			restarts: 10,
			createdAt: ago(11 * 3600),
			restartedAt: ago(3600),
			lastTermination: {reason: 'OOMKilled', exitCode: 137},
		},
		'warn',
		'restarting repeatedly <- OOMKilled 137',
	],
	[
		'restarted about every hour, and just now',
		{restarts: 10, createdAt: ago(36_060), restartedAt: ago(60), lastTermination: {reason: 'Completed', exitCode: 0}},
		'warn',
		'restarting repeatedly',
	],
	['no longer restarting', {restarts: 10, createdAt: ago(12 * 3600), restartedAt: ago(2 * 3600)}, 'ok'],
	['restarted a few times only', {restarts: 4, createdAt: ago(5 * 3600), restartedAt: ago(3600)}, 'ok'],
	['restarted less than every six hours', {restarts: 5, createdAt: ago(32 * 3600), restartedAt: ago(3600)}, 'ok'],
	['terminating within its grace', {status: 'Terminating', ready: 0, deletionDueAt: ago(-5)}, 'ok'],
	[
		'terminating for too long',
		{status: 'Terminating', ready: 0, deletionDueAt: ago(90)},
		'warn',
		'not terminated, overdue by 1m30s',
	],
	[
		'terminating, held',
		{status: 'Terminating', ready: 0, deletionDueAt: ago(90), cause: 'finalizer example.test/hold'},
		'warn',
		'not terminated, overdue by 1m30s, blocked by finalizer example.test/hold',
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

	it('gives one finding for each workload and cause', () => {
		const crash = {status: 'CrashLoopBackOff', ready: 0, ...killed};
		const rows = [
			{...well, uid: '1', ...crash, restarts: 3, unreadySince: ago(420)},
			{...well, uid: '2', ...crash, restarts: 9, unreadySince: ago(300)},
			{...well, uid: '3', status: 'ImagePullBackOff', ready: 0, unreadySince: ago(10)},
			{...well, uid: '4'},
			{...well, uid: '5', namespace: 'search', ...crash, unreadySince: ago(30)},
		].map(facts => podRow('prod', facts, now));
		const found = podFindings(rows, 'prod');
		expect(found.map(finding => finding.sentence)).toEqual([
			'checkout/api: 2 of 4 pods CrashLoopBackOff <- OOMKilled 137 at limit 512Mi',
			'checkout/api: 1 of 4 pods ImagePullBackOff',
			'search/api: 1 of 1 pods CrashLoopBackOff <- OOMKilled 137 at limit 512Mi',
		]);
		expect(found[0]).toMatchObject({severity: 'crit', since: ago(420), row: {kind: 'kubernetes.pod', id: '2'}});
	});

	it('returns the same finding until a pod of its workload is changed, added or deleted', () => {
		const again = createPodFindings();
		const row = (uid: string, part: Partial<PodFacts> = {}) => podRow('prod', {...well, uid, ...part}, now);
		const crash = {status: 'CrashLoopBackOff', ready: 0, ...killed};
		const [crashing, elsewhere] = [row('1', crash), row('3', {namespace: 'search', ...crash})];
		const findings = (...rows: Parameters<typeof again>[0]) => {
			const found = again(rows, 'prod');
			expect(found).toEqual(podFindings(rows, 'prod'));
			return found;
		};
		const [first, other] = findings(crashing, row('2'), elsewhere);
		const [same, otherToo] = findings(crashing, row('2', {restarts: 1}), elsewhere);
		expect([same === first, otherToo === other]).toEqual([true, true]);
		expect(findings(crashing, row('2', crash), elsewhere)[0]?.sentence).toContain('2 of 2 pods');
		expect(findings(crashing, elsewhere)[0]?.sentence).toContain('1 of 1 pods');
		expect(again([crashing], 'stage')[0]?.target).toBe('stage');
		expect(findings(elsewhere)).toEqual([other]);
		expect(findings(row('2'))).toEqual([]);
	});

	it('keeps the identity of a finding while its sentence counts on', () => {
		const at = (moment: number) =>
			podFindings([podRow('prod', {...well, status: 'Terminating', deletionDueAt: ago(90)}, moment)], 'prod')[0];
		expect(at(now)?.id).toBe(at(now + 60_000)?.id);
	});

	it('is one finding whichever word a crash loop has at the moment', () => {
		const statuses = [
			{status: 'CrashLoopBackOff', ...killed},
			{status: 'OOMKilled', lastTermination: oom, cause: '137'},
			{status: 'Running', lastTermination: oom},
		];
		const rows = statuses.map((word, index) =>
			podRow('prod', {...well, uid: String(index), ready: 0, restarts: 6, restartedAt: ago(30), ...word}, now),
		);
		expect(podFindings(rows, 'prod').map(finding => finding.sentence)).toEqual([
			'checkout/api: 3 of 3 pods CrashLoopBackOff <- OOMKilled 137 at limit 512Mi',
		]);
	});

	const rolled = (at: number, first = false) => ({rollout: {revision: 41, at, first}});
	const crash = {status: 'CrashLoopBackOff', ready: 0, ...killed, restarts: 5, restartedAt: ago(30)};

	it('says since which rollout, and that it can be undone', () => {
		const facts = {...well, ...crash, ...rolled(ago(420)), createdAt: ago(419)};
		const [finding] = podFindings([podRow('prod', facts, now)], 'prod');
		expect(finding?.sentence).toMatch(/, since rollout revision 41 at 13:58:22Z$/);
		expect(finding?.actions[0]).toBe('kubernetes.undo-rollout');
		expect(finding?.since).toBe(ago(419));
	});

	it.each([
		['the first rollout', {...rolled(ago(420), true), createdAt: ago(419)}],
		['one of yesterday, and well until now', {...rolled(ago(90_000)), createdAt: ago(89_999), unreadySince: ago(30)}],
	])('does not blame %s', (_name, part) => {
		const [finding] = podFindings([podRow('prod', {...well, ...crash, ...part}, now)], 'prod');
		expect(finding?.sentence).not.toContain('rollout');
		expect(finding?.actions).not.toContain('kubernetes.undo-rollout');
	});

	it('is one finding from one restart to the next, and blames no rollout, while it keeps restarting', () => {
		const rollout = {revision: 41, at: ago(10 * 3600), first: false};
		const createdAt = ago(10 * 3600);
		const findings = [5, 6].map(restarts => {
			const restartedAt = createdAt + restarts * 3_600_000;
			const facts = {...well, ...killed, rollout, createdAt, restarts, restartedAt};
			return podFindings([podRow('prod', facts, restartedAt + 60_000)], 'prod').map(({id, sentence, since}) => ({
				id,
				sentence,
				since,
			}));
		});
		expect(findings[0]).toEqual([
			{
				id: expect.any(String),
				sentence: 'checkout/api: 1 of 1 pods restarting repeatedly <- OOMKilled 137',
				since: createdAt,
			},
		]);
		expect(findings[1]).toEqual(findings[0]);
	});

	it('offers no restart where it does not help', () => {
		const actions = (part: Partial<PodFacts>) =>
			podFindings([podRow('prod', {...well, ready: 0, restarts: 3, ...part}, now)], 'prod')[0]?.actions;
		expect(actions(crash)).toEqual([]);
		const noImage = {status: 'ImagePullBackOff', cause: 'not found', unreadySince: ago(60)};
		expect(actions(noImage)).toEqual([]);
		expect(actions({...crash, lastTermination: {reason: 'Error', exitCode: 1}, cause: 'Error 1'})).toEqual([
			'kubernetes.restart',
			'kubernetes.evict-pod',
		]);
	});

	it('gives one finding for pods that do not terminate on one node', () => {
		const late = {status: 'Terminating', ready: 0, deletionDueAt: ago(90), node: 'node-c2'};
		const rows = [
			{...well, uid: '1', ...late},
			{...well, uid: '2', ...late, owner: 'web'},
			{...well, uid: '3', ...late, owner: 'web', node: 'node-a1'},
		].map(facts => podRow('prod', facts, now));
		expect(podFindings(rows, 'prod').map(finding => finding.sentence)).toEqual([
			'node node-c2: 2 pods of 2 workloads not terminated in time',
			'checkout/web: 1 of 2 pods not terminated in time',
		]);
	});

	it('gives no finding for healthy pods', () => {
		expect(podFindings([podRow('prod', well, now)], 'prod')).toEqual([]);
	});
});

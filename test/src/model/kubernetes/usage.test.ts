import {describe, expect, it} from 'vitest';
import {type NodeUsageFacts, nodeUsageFindings, nodeUsageRow} from '../../../../src/model/kubernetes/node-usage.ts';
import {
	type PodUsageFacts,
	podCpuRequestShare,
	podMemoryShare,
	podUsageFindings,
	podUsageRow,
} from '../../../../src/model/kubernetes/pod-usage.ts';

const mebi = 1024 ** 2;

const pod = (megabytes: number, part: Partial<PodUsageFacts> = {}): PodUsageFacts => ({
	uid: `u${megabytes}`,
	namespace: 'checkout',
	name: `api-${megabytes}`,
	owner: 'api',
	memoryBytes: megabytes * mebi,
	memoryLimitBytes: 1000 * mebi,
	cpuCores: 0.2,
	memoryRequestBytes: 500 * mebi,
	cpuLimitCores: undefined,
	cpuRequestCores: 0.1,
	throttled: undefined,
	containers: [],
	oomKilledAt: undefined,
	measuredAt: 0,
	...part,
});

describe('pod usage', () => {
	it.each([
		[500, 'ok', undefined],
		[899, 'ok', undefined],
		[900, 'warn', '90 % of its memory limit'],
		[969, 'warn', '96 % of its memory limit'],
		[970, 'crit', '97 % of its memory limit'],
	])('%i of 1000 is %s', (megabytes, severity, why) => {
		const row = podUsageRow('prod', pod(megabytes), []);
		expect(row.severity).toBe(severity);
		expect(row.why).toBe(why);
	});

	it('has no share without a limit, and is ok', () => {
		const facts = pod(9000, {memoryLimitBytes: undefined, cpuRequestCores: undefined});
		expect(podMemoryShare(facts)).toBeUndefined();
		expect(podCpuRequestShare(facts)).toBeUndefined();
		expect(podUsageRow('prod', facts, []).severity).toBe('ok');
	});

	it.each([
		['far from its CPU limit', {cpuCores: 0.4, cpuLimitCores: 0.5}, 'ok', undefined],
		['at its CPU limit', {cpuCores: 0.49, cpuLimitCores: 0.5}, 'warn', 'throttled, at 98 % of its CPU limit'],
		['without a CPU limit', {cpuCores: 8}, 'ok', undefined],
	] as const)('is %s', (_, part, severity, why) => {
		const row = podUsageRow('prod', pod(500, part), []);
		expect(row).toMatchObject({severity, ...(why === undefined ? {} : {why})});
		expect(podUsageFindings([row], 'prod').map(({sentence}) => sentence)).toEqual(
			why === undefined ? [] : ['checkout/api: pod api-500 is throttled, at 98 % of the CPU limit 0.5'],
		);
	});

	it.each([
		['as it was measured, however little it used', {cpuCores: 0.1, throttled: 0.62}, 'throttled 62 % of the time'],
		[
			'without a limit of the entire pod',
			{cpuCores: 0.1, cpuLimitCores: undefined, throttled: 1},
			'throttled 100 % of the time',
		],
		['not, as it was measured, however much it used', {cpuCores: 0.5, throttled: 0.49}, undefined],
	] as const)('is throttled %s', (_, part, why) => {
		const row = podUsageRow('prod', pod(500, {cpuLimitCores: 0.5, ...part}), []);
		expect([row.severity, row.why]).toEqual(
			why === undefined ? ['ok', undefined] : ['warn', `${why} by its CPU limit`],
		);
		expect(podUsageFindings([row], 'prod').map(({sentence}) => sentence)).toEqual(
			why === undefined
				? []
				: [`checkout/api: pod api-500 is ${why} by the CPU limit${row.cpuLimitCores === undefined ? '' : ' 0.5'}`],
		);
	});

	it('distinguishes full memory and a throttled CPU', () => {
		const row = podUsageRow('prod', pod(980, {cpuCores: 1, cpuLimitCores: 1}), []);
		expect(row).toMatchObject({
			severity: 'crit',
			why: '98 % of its memory limit, throttled, at 100 % of its CPU limit',
		});
		expect(podUsageFindings([row], 'prod').map(({severity}) => severity)).toEqual(['crit', 'warn']);
	});

	it('warns only while a pod that was killed for its memory fills it again: its crash loop is reported with that cause', () => {
		const at = 60 * 60_000;
		const severities = (...killed: readonly (number | undefined)[]) =>
			podUsageFindings(
				killed.map((oomKilledAt, index) => podUsageRow('prod', pod(980 + index, {measuredAt: at, oomKilledAt}), [])),
				'prod',
			).map(({severity}) => severity);
		expect(severities(at - 60_000)).toEqual(['warn']);
		expect(severities(at - 60_000, undefined)).toEqual(['crit']);
		expect(severities(at - 30 * 60_000)).toEqual(['crit']);
	});

	it('gives one finding for each workload, about its fullest pod', () => {
		const rows = [pod(910), pod(980), pod(100), pod(950, {owner: 'web'})].map(facts => podUsageRow('prod', facts, []));
		const found = podUsageFindings(rows, 'prod');
		expect(found.map(({severity, sentence}) => `${severity} ${sentence}`)).toEqual([
			'crit checkout/api: 2 pods are at 98 % of the memory limit 1000Mi',
			'warn checkout/web: pod api-950 is at 95 % of the memory limit 1000Mi',
		]);
		expect(found[0]?.row).toEqual({kind: 'kubernetes.pod-usage', id: 'u980'});
	});
});

const node = (part: Partial<NodeUsageFacts> = {}): NodeUsageFacts => ({
	uid: 'n1',
	name: 'node-a3',
	status: 'Ready',
	since: undefined,
	notReadyReason: undefined,
	pressures: [],
	pressureSince: undefined,
	memoryBytes: 50,
	memoryCapacityBytes: 100,
	cpuCores: 1,
	cpuCapacityCores: 4,
	measuredAt: 0,
	...part,
});

describe('node usage', () => {
	it.each([
		['idle', {}, 'ok', undefined],
		['nearly full', {memoryBytes: 85}, 'warn', '85 % of its memory in use'],
		['full', {memoryBytes: 95}, 'crit', '95 % of its memory in use'],
		['busy', {cpuCores: 3.6}, 'warn', '90 % of its CPU in use'],
		['away', {status: 'NotReady', cpuCores: 4}, 'crit', 'NotReady, 100 % of its CPU in use'],
		['cordoned', {status: 'Ready,SchedulingDisabled'}, 'ok', undefined],
	] as const)('%s', (_name, part, severity, why) => {
		const row = nodeUsageRow('prod', node(part), []);
		expect(row.severity).toBe(severity);
		expect(row.why).toBe(why);
		expect(nodeUsageFindings([row], 'prod').map(finding => finding.sentence)).toEqual(
			why === undefined ? [] : [`node node-a3: ${why}`],
		);
	});
});

it('names the state, the row and the evidence of a node, and does not call a full cordoned node not ready', () => {
	const found = (part: Partial<NodeUsageFacts>) => nodeUsageFindings([nodeUsageRow('prod', node(part), [])], 'prod')[0];
	const full = found({status: 'Ready,SchedulingDisabled', memoryBytes: 95});
	expect(full).toMatchObject({type: 'kubernetes.node-pressure', row: {kind: 'kubernetes.node-usage', id: 'n1'}});
	expect(full?.evidence).toEqual([
		'status Ready,SchedulingDisabled',
		expect.stringMatching(/^memory 95 ?B? of 100/),
		expect.stringContaining('CPU 1.0 of 4 cores'),
	]);
	const away = found({status: 'NotReady', notReadyReason: 'KubeletNotReady', cpuCores: undefined});
	expect(away?.type).toBe('kubernetes.node-not-ready');
	expect(away?.evidence).toEqual(
		expect.arrayContaining(['status NotReady: KubeletNotReady', expect.stringContaining('CPU ? of 4 cores')]),
	);
});

it('dates the pressure on a node by its condition, but not its usage', () => {
	const found = (part: Partial<NodeUsageFacts>) => nodeUsageFindings([nodeUsageRow('prod', node(part), [])], 'prod')[0];
	expect(found({pressures: ['DiskPressure'], pressureSince: 7})?.since).toBe(7);
	expect(found({status: 'NotReady', since: 9, pressures: ['DiskPressure'], pressureSince: 7})?.since).toBe(9);
	expect(found({memoryBytes: 99})?.since).toBeUndefined();
});

it('holds a pod and a node at their limits', () => {
	const raised = podUsageRow('prod', pod(970, {cpuCores: 0.49, cpuLimitCores: 0.5}), []);
	const held = podUsageRow('prod', pod(930, {cpuCores: 0.47, cpuLimitCores: 0.5}), [], [], raised);
	expect([held.memoryLevel, held.cpuLevel]).toEqual(['crit', 'warn']);
	expect(podUsageFindings([held], 'prod').map(({severity}) => severity)).toEqual(['crit', 'warn']);
	const full = nodeUsageRow('prod', node({memoryBytes: 95}), []);
	expect(nodeUsageRow('prod', node({memoryBytes: 92}), [], [], full).severity).toBe('crit');
	expect(nodeUsageRow('prod', node({memoryBytes: 92}), []).severity).toBe('warn');
});

import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {inspectLogs} from '../../../adapters/kubernetes/logs/inspect-logs.ts';
import {podsSource} from '../../../adapters/kubernetes/pods/pods.ts';
import {workloadsSource} from '../../../adapters/kubernetes/workloads/workloads.ts';
import type {Pod} from '../../../demo/kubernetes-api/objects/kinds.ts';
import {timestamp} from '../../../demo/kubernetes-api/objects/kube-object.ts';
import type {Document, DocumentLine} from '../../../src/contract/document.ts';
import {initialParams} from '../../../src/contract/initial-params.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {Source} from '../../../src/contract/source.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import {eventually} from '../../time-left.ts';
import {type ClusterFixture, fastTimings, startClusterFixture, testContext} from './cluster-fixture.ts';
import {type ContainerRuns, createContainerRuns} from './container-runs.ts';
import {kubernetesTarget} from './kubernetes-target.ts';

let clusterFixture: ClusterFixture;
let port: KubernetesPort;
let runs: ContainerRuns;
const open: AbortController[] = [];

const target = kubernetesTarget({context: 'prod'});

beforeAll(async () => {
	clusterFixture = await startClusterFixture();
	runs = createContainerRuns(clusterFixture);
	({port} = await clusterFixture.createClient());
});

afterEach(() => {
	for (const one of open.splice(0)) one.abort();
	clusterFixture.api.faults.clear();
	for (const pod of clusterFixture.api.simulation.cluster.store.list('pods', 'fixture'))
		clusterFixture.removePod(pod.metadata.name);
});

afterAll(() => clusterFixture.close());

async function rowsOf(source: Source<Row, KubernetesPort>, names: readonly string[]): Promise<readonly Row[]> {
	let found: readonly Row[] = [];
	await eventually(async () => {
		const {rows} = await source.open(port, target)(testContext());
		found = names.flatMap(name => rows.filter(row => 'name' in row && row.name === name));
		expect(found).toHaveLength(names.length);
	});
	return found;
}

type Opened = {
	readonly document: Document;
	readonly lines: DocumentLine[];
	readonly ended: Promise<void>;
	/** The notes among the lines. */
	text(): string;
};

/** Opens the logs and goes on reading them, as a text on the screen does. */
async function openLogs(
	rows: readonly Row[],
	more: Readonly<Record<string, string>> = {},
	from = port,
): Promise<Opened> {
	const [first] = rows;
	if (first === undefined) throw new Error('no row to open');
	const params = {...initialParams(inspectLogs.params, rows), ...more};
	const document = await inspectLogs.open(first, {...testContext(), port: from, target, rows, params});
	const quit = new AbortController();
	open.push(quit);
	const lines = [...document.lines];
	const read = async () => {
		if (document.follow === undefined) return;
		for await (const some of document.follow(testContext(quit.signal))) lines.push(...some);
	};
	return {
		document,
		lines,
		ended: read(),
		text: () => lines.flatMap(({text}) => (text.startsWith('-- ') || text.includes(': -- ') ? [text] : [])).join('\n'),
	};
}

/** The numbers of the lines in order of arrival, by their prefix. */
function numbers(lines: readonly DocumentLine[]): Map<string, number[]> {
	const found = new Map<string, number[]>();
	for (const {text, sourceLabel: lead} of lines) {
		const [, digits] = /seq=(\d+)/.exec(text) ?? [];
		if (digits === undefined) continue;
		const own = found.get(lead?.text ?? '') ?? [];
		own.push(Number(digits));
		found.set(lead?.text ?? '', own);
	}
	return found;
}

/** Each line after the one before it: none is missing, none came twice. */
function expectUnbroken(own: readonly number[]): void {
	const breaks = own.flatMap((number, index) => {
		const before = own[index - 1];
		return before === undefined || number === before + 1 ? [] : [`${before} ${number}`];
	});
	expect(breaks).toEqual([]);
}

/** Resolves when a log is requested again. */
const nextLogRequest = () =>
	new Promise<void>(resolve => {
		const stop = clusterFixture.api.faults.onRequest(({resource}) => {
			if (resource !== 'pods/log') return;
			stop();
			resolve();
		});
	});

const isOfWeb = ({metadata}: Pod): boolean => metadata.name.startsWith('web-');

/** Breaks the logs that are followed. */
const breakLogs = () => clusterFixture.api.faults.injectNow({kind: 'reset'}, {resource: 'pods/log'});

const writes = (linesPerSecond: number) => clusterFixture.api.simulation.programs.set('fixture:1', {linesPerSecond});

describe('the log of a pod', () => {
	test('resumes after a lost connection without loss or duplicates', async () => {
		writes(200);
		clusterFixture.addPod('chatty');
		const opened = await openLogs(await rowsOf(podsSource, ['chatty']));
		expect(numbers(opened.document.lines).get('')).toHaveLength(500);
		for (const amount of [700, 900, 1100]) {
			await eventually(() => expect(numbers(opened.lines).get('')?.length).toBeGreaterThan(amount));
			expect(breakLogs()).toBe(1);
		}
		await eventually(() => expect(numbers(opened.lines).get('')?.length).toBeGreaterThan(1300));
		expectUnbroken(numbers(opened.lines).get('') ?? []);
	});

	test('continues after a restart of its container, with the last lines of the previous run', async () => {
		writes(100);
		clusterFixture.addPod('shaky');
		const opened = await openLogs(await rowsOf(podsSource, ['shaky']));
		await eventually(() => expect(numbers(opened.lines).get('')?.length).toBeGreaterThan(550));
		await runs.restart('shaky', 'OOMKilled', 137);
		await eventually(() =>
			expect(opened.text()).toMatch(/restarted \(1\); the previous run ended: OOMKilled, exit code 137/),
		);
		await eventually(() => expect(numbers(opened.lines).get('')?.length).toBeGreaterThan(800));
		breakLogs();
		await eventually(() => expect(numbers(opened.lines).get('')?.length).toBeGreaterThan(1000));
		const own = numbers(opened.lines).get('') ?? [];
		const again = own.indexOf(0);
		expectUnbroken(own.slice(0, again));
		expectUnbroken(own.slice(again));
		expect(opened.text()).not.toContain('lines are missing');
		expect(own[again - 1]).toBe(runs.lastLineOfPreviousRun('shaky'));
	});

	test('reads the previous run when it was restarted while the connection was lost', async () => {
		writes(100);
		clusterFixture.addPod('away');
		const opened = await openLogs(await rowsOf(podsSource, ['away']));
		await eventually(() => expect(numbers(opened.lines).get('')?.length).toBeGreaterThan(550));
		clusterFixture.api.faults.injectNext({kind: 'refuse', code: 503}, {resource: 'pods/log'}, Number.POSITIVE_INFINITY);
		breakLogs();
		await eventually(() => expect(opened.text()).toContain('lost the connection to a log'));
		await runs.restart('away', 'Error', 1);
		await nextLogRequest();
		clusterFixture.api.faults.clear();
		await eventually(() => expect(opened.text()).toContain('reconnected'));
		await eventually(() => expect(numbers(opened.lines).get('')).toContain(0));
		const own = numbers(opened.lines).get('') ?? [];
		const again = own.indexOf(0);
		expectUnbroken(own.slice(0, again));
		expectUnbroken(own.slice(again));
		expect(own[again - 1]).toBe(runs.lastLineOfPreviousRun('away'));
	});

	test('reports a gap when lines written meanwhile were rotated away', async () => {
		clusterFixture.api.simulation.programs.set('fixture:1', {linesPerSecond: 200, retainedLines: 100});
		clusterFixture.addPod('torrent');
		const opened = await openLogs(await rowsOf(podsSource, ['torrent']));
		await eventually(() => expect(opened.lines.length).toBeGreaterThan(200));
		clusterFixture.api.faults.injectNext({kind: 'refuse', code: 503}, {resource: 'pods/log'}, Number.POSITIVE_INFINITY);
		breakLogs();
		const read = numbers(opened.lines).get('')?.at(-1) ?? 0;
		await eventually(() => expect(runs.writtenLines('torrent')).toBeGreaterThan(read + 300));
		clusterFixture.api.faults.clear();
		await eventually(() => expect(opened.text()).toContain('lines are missing here'));
	});

	test('respects Retry-After, and reports it', async () => {
		writes(50);
		clusterFixture.addPod('busy');
		const opened = await openLogs(await rowsOf(podsSource, ['busy']));
		await eventually(() => expect(opened.lines.length).toBeGreaterThan(510));
		clusterFixture.api.faults.injectNext({kind: 'refuse', code: 429, retryAfterSeconds: 1}, {resource: 'pods/log'}, 2);
		breakLogs();
		await eventually(() => expect(opened.text()).toContain('lost the connection to a log'));
		await eventually(() => expect(opened.text()).toContain('reconnected'));
		expectUnbroken(numbers(opened.lines).get('') ?? []);
	});

	test('ends when its pod has come to its end, and when it is closed', async () => {
		writes(50);
		clusterFixture.addPod('job');
		const opened = await openLogs(await rowsOf(podsSource, ['job']));
		await eventually(() => expect(opened.lines.length).toBeGreaterThan(505));
		runs.complete('job');
		await opened.ended;
		expect(opened.text()).toMatch(/ended: Completed, exit code 0$/);
		const other = await openLogs(await rowsOf(podsSource, ['job']));
		open.at(-1)?.abort();
		await other.ended;
	});

	test('reports since when nothing was written, and which key shows more', async () => {
		writes(1e-9);
		const {creationTimestamp} = clusterFixture.addPod('quiet', {ageMs: 25.5 * 3_600_000}).metadata;
		const startedAt = timestamp(Date.parse(String(creationTimestamp)) + 1000).slice(11);
		const rows = await rowsOf(podsSource, ['quiet']);
		const recent = await openLogs(rows, {since: '1m'});
		expect(recent.text()).toBe(`-- it wrote nothing since ${startedAt}, 1d01h ago: b shows more`);
		expect((await openLogs(rows, {since: 'all'})).text()).toBe('');
	});

	test('can be that of the previous run, limited in age', async () => {
		writes(50);
		clusterFixture.addPod('two');
		const rows = await rowsOf(podsSource, ['two']);
		const {lines} = await openLogs(rows);
		await eventually(() => expect(numbers(lines).get('')).not.toBeUndefined());
		await runs.restart('two', 'Error', 3);
		const [row] = rows;
		await eventually(async () => {
			const before = await openLogs(row === undefined ? [] : [row], {run: 'before'});
			expect(before.document.follow).toBeUndefined();
			expect(numbers(before.lines).get('')?.at(-1)).toBe(runs.lastLineOfPreviousRun('two'));
			expect(before.lines[0]?.text).toBe('-- previous run, which ended');
			expect(before.text()).toBe('-- previous run, which ended');
		});
		await eventually(async () => {
			const lately = await openLogs(row === undefined ? [] : [row], {since: '1m', tail: 'all'});
			expect(numbers(lately.lines).get('')?.[0]).toBe(0);
		});
	});

	test('has no previous run while its container was not restarted', async () => {
		writes(50);
		clusterFixture.addPod('steady');
		const before = await openLogs(await rowsOf(podsSource, ['steady']), {run: 'before'});
		expect(before.lines).toEqual([{text: '-- it has not been restarted: there is no previous run'}]);
	});

	test('begins with the previous run after a crash, each run under its own heading', async () => {
		clusterFixture.api.simulation.programs.set('fixture:1', {linesPerSecond: 50, neverReady: true});
		clusterFixture.addPod('fallen');
		runs.end('fallen', 'Error', 1, 'Running');
		const rows = await rowsOf(podsSource, ['fallen']);
		await eventually(async () => {
			const {lines} = (await openLogs(rows)).document;
			const now = lines.findIndex(({text}) => text === '-- current run');
			expect(lines[0]?.text).toBe('-- previous run, which ended');
			expect(lines[now - 1]?.text).toContain(`seq=${runs.lastLineOfPreviousRun('fallen')}`);
			expect(lines[now + 1]?.text).toContain('seq=0');
		});
	});

	test('reports the command that grants reading it', async () => {
		writes(50);
		clusterFixture.addPod('secret');
		const rows = await rowsOf(podsSource, ['secret']);
		const bare = await clusterFixture.createClient({text: clusterFixture.api.kubeconfigOf('bare')});
		clusterFixture.api.simulation.cluster.access.grant('bare', [
			{verbs: ['list', 'watch', 'get'], groups: [''], resources: ['pods']},
		]);
		const opened = await openLogs(rows, {}, bare.port);
		await opened.ended;
		expect(opened.text()).toMatch(/cannot get resource "pods\/log"/);
	});
});

describe('the logs of several', () => {
	test('are in the order in which they were written, each line with its source', async () => {
		writes(20);
		for (const name of ['one', 'two', 'three']) clusterFixture.addPod(name);
		const opened = await openLogs(await rowsOf(podsSource, ['one', 'two', 'three']));
		const moments = opened.document.lines.flatMap(({at}) => at ?? []);
		expect(moments).toHaveLength(300);
		expect(moments).toEqual(moments.toSorted());
		expect([...numbers(opened.document.lines).keys()].toSorted()).toEqual(['one  ', 'three', 'two  ']);
		expect(opened.document.title).toBe('Logs of 3 pods');
		await eventually(() => expect(numbers(opened.lines).get('one  ')?.length).toBeGreaterThan(110));
		expect(breakLogs()).toBe(3);
		await eventually(() => expect(numbers(opened.lines).get('two  ')?.length).toBeGreaterThan(140));
		for (const own of numbers(opened.lines).values()) expectUnbroken(own);
	});

	test('of previous runs have a heading for each run', async () => {
		writes(20);
		for (const name of ['one', 'steady', 'two']) clusterFixture.addPod(name);
		const rows = await rowsOf(podsSource, ['one', 'steady', 'two']);
		await runs.restart('one', 'Error', 3);
		await runs.restart('two', 'Error', 3);
		await eventually(async () => {
			const {lines} = await openLogs(rows, {run: 'before'});
			expect(lines[0]).toEqual({text: 'steady: -- it has not been restarted: there is no previous run'});
			for (const name of ['one', 'two']) {
				const head = lines.findIndex(({text}) => text === `${name}: -- previous run, which ended`);
				expect(lines.findIndex(({sourceLabel: lead}) => lead?.text.trim() === name)).toBe(head + 1);
			}
			expect(lines).toHaveLength(203);
			const moments = lines.flatMap(({at}) => at ?? []);
			expect(moments).toEqual(moments.toSorted());
		});
	});

	test('of a workload follow its pods as they end and start', async () => {
		const [web] = clusterFixture.api.simulation.cluster.store.list<Pod>('pods', 'checkout').filter(isOfWeb);
		clusterFixture.api.simulation.programs.set(web?.spec.containers[0]?.image ?? '', {linesPerSecond: 10});
		const rows = await rowsOf(workloadsSource, ['web']);
		// A workload's pods are known by its replica sets, which may be listed after it.
		const opened = await eventually(() => openLogs(rows));
		expect(opened.document.title).toMatch(/^Logs of deployment checkout\/web, \d+ pods$/);
		const initial = numbers(opened.document.lines);
		expect([...initial.values()].map(own => own.length)).toEqual([...initial.keys()].map(() => 100));
		await eventually(() => {
			for (const own of numbers(opened.lines).values()) expect(own.length).toBeGreaterThan(102);
		});
		expect(opened.text()).not.toContain('joins');
		for (const own of numbers(opened.lines).values()) expectUnbroken(own);
		clusterFixture.removePod(web?.metadata.name ?? '', 'checkout');
		await eventually(() => expect(opened.text()).toMatch(/-- web-\w+: the pod was deleted/));
		await eventually(() => expect(opened.text()).toMatch(/-- web-\w+ joins/));
	});

	test('of 20 pods are complete across two broken connections, however fast they are written', async () => {
		const names = Array.from({length: 20}, (_, index) => `fast-${index}`);
		writes(500);
		for (const name of names) clusterFixture.addPod(name);
		const opened = await openLogs(await rowsOf(podsSource, names), {tail: '100'});
		for (const amount of [10_000, 20_000]) {
			await eventually(() => expect(opened.lines.length).toBeGreaterThan(amount));
			expect(breakLogs()).toBeGreaterThan(0);
		}
		await eventually(() => expect(opened.lines.length).toBeGreaterThan(35_000));
		const found = numbers(opened.lines);
		expect(found.size).toBe(20);
		for (const own of found.values()) expectUnbroken(own);
	});

	test('are read again when the connection is dead without an error', async () => {
		writes(50);
		clusterFixture.addPod('dead');
		const impatient = await clusterFixture.createClient({}, {timings: fastTimings});
		const opened = await openLogs(await rowsOf(podsSource, ['dead']), {}, impatient.port);
		await eventually(() => expect(opened.lines.length).toBeGreaterThan(510));
		clusterFixture.api.faults.injectNow({kind: 'stall'}, {resource: 'pods/log'});
		// The entire server is silent: only then is a quiet log checked.
		clusterFixture.api.faults.injectNext({kind: 'stall'}, {}, Number.POSITIVE_INFINITY);
		await eventually(() => expect(opened.text()).toContain('lost the connection to a log'));
		clusterFixture.api.faults.clear();
		await eventually(() => expect(opened.text()).toContain('reconnected'));
		await eventually(() => expect(numbers(opened.lines).get('')?.length).toBeGreaterThan(600));
		expectUnbroken(numbers(opened.lines).get('') ?? []);
	});
});

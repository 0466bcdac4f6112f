import {stripVTControlCharacters} from 'node:util';
import {describe, expect, it} from 'vitest';
import type {Pane, Section} from '../../../src/contract/pane.ts';
import type {Row} from '../../../src/contract/row.ts';
import {compareSeverity} from '../../../src/contract/severity.ts';
import {type PodFacts, podRow} from '../../../src/model/kubernetes/pod.ts';
import {podUsageRow} from '../../../src/model/kubernetes/pod-usage.ts';
import {type ScrapeFacts, scrapeRow} from '../../../src/model/prometheus/scrape-target.ts';
import {displayWidth} from '../../../src/text/fit.ts';
import {consumerLagPane} from '../../../views/panes/consumer-lag-pane.ts';
import {podsPane} from '../../../views/panes/pods-pane.ts';
import {targetsPane} from '../../../views/panes/targets-pane.ts';
import {topPane} from '../../../views/panes/top-pane.ts';
import {paintColumnHeader, paintRow, planColumns} from '../../../views/table/paint-row.ts';
import {createTheme} from '../../../views/theme.ts';
import {lagRowAfter, steadyReads} from '../../src/model/kafka/lag-fixture.ts';
import {demoRows} from './demo-rows.ts';

const theme = createTheme('none', false);
const plain = {cursor: false, focused: false, marked: false, isStale: false};
const panes: readonly Pane[] = [podsPane, topPane, consumerLagPane, targetsPane];
const sections = panes.flatMap(pane => pane.sections.map(section => [section.kind, section] as const));

const now = Date.UTC(2026, 10, 21, 14, 5, 22);

function line(pane: Pane, row: Row, cells: number): string {
	const [section] = pane.sections;
	if (section === undefined) throw new Error(`${pane.id} has no section`);
	return stripVTControlCharacters(paintRow(row, planColumns(section, cells, 0), plain, now, theme)).trimEnd();
}

/** What one column shows of a row. */
function cell(section: Section | undefined, field: string, row: Row): string | undefined {
	const shown = section?.columns.find(column => column.field === field)?.cell(row, now);
	return typeof shown === 'object' ? shown.text : shown;
}

const pod: PodFacts = {
	uid: 'u1',
	namespace: 'checkout',
	name: 'api-7f9c6d-x2k4p',
	owner: 'api',
	workload: undefined,
	rollout: undefined,
	node: 'node-a1',
	ready: 1,
	containers: 1,
	status: 'Running',
	lastTermination: undefined,
	cause: undefined,
	memoryLimit: undefined,
	restarts: 0,
	restartedAt: undefined,
	createdAt: now - 9 * 86_400_000,
	unreadySince: undefined,
	deletionDueAt: undefined,
};

const oom = {lastTermination: {reason: 'OOMKilled', exitCode: 137}, cause: 'OOMKilled 137'};

describe('panes', () => {
	it.each(sections)('%s fills its width exactly, however narrow', async (kind, section) => {
		const {rows, now: at} = await demoRows('storm', 12);
		const all = rows.get(kind) ?? [];
		// Few people silence anything at a time.
		expect(all.length).toBeGreaterThan(kind === 'alertmanager.silence' ? 2 : 10);
		for (const cells of [180, 118, 78, 66, 58, 38, 20]) {
			const plan = planColumns(section, cells, 0);
			expect(displayWidth(paintColumnHeader(plan, theme))).toBe(cells);
			for (const row of all) expect(displayWidth(paintRow(row, plan, plain, at, theme))).toBe(cells);
		}
	});

	it.each(sections)('%s has one order, whatever the order of its input', async (kind, section) => {
		const {rows} = await demoRows('storm', 12);
		const all = rows.get(kind) ?? [];
		for (const {compare} of section.orders) {
			const sorted = (from: readonly Row[]) =>
				from.toSorted((a, b) => compareSeverity(a.severity, b.severity) || compare(a, b)).map(row => row.id);
			expect(sorted(all.toReversed())).toEqual(sorted(all));
		}
	});

	it.each(sections)('%s has a name of one word for each column', (_kind, section) => {
		const fields = section.columns.map(column => column.field);
		expect(new Set(fields).size).toBe(fields.length);
		for (const field of fields) expect(field).toMatch(/^[a-z]+$/);
	});

	it('shows the name and the state at any width', () => {
		const crash = podRow('prod', {...pod, ready: 0, status: 'CrashLoopBackOff'}, now);
		for (const cells of [118, 66, 38]) {
			expect(line(podsPane, crash, cells)).toMatch(/^■ .*api-7f9c6d-x2k4p .*CrashLoop/);
		}
	});
});

describe('pods', () => {
	const [section] = podsPane.sections;
	const row = (part: Partial<PodFacts>) => podRow('prod', {...pod, ...part}, now);

	it.each([
		[{}, 'Running'],
		[{ready: 0, status: 'CrashLoopBackOff', ...oom}, 'CrashLoop<-OOM'],
		[{ready: 0, status: 'OOMKilled', ...oom, cause: '137'}, 'OOM'],
		[{ready: 0, status: 'Pending', node: undefined, cause: '0/3 nodes: insufficient cpu'}, 'Pending<-cpu'],
		[{ready: 0, status: 'ImagePullBackOff', cause: 'not found'}, 'ImagePull<-not found'],
	])('shows the cause beside the status: %o', (part, text) => {
		expect(cell(section, 'status', row(part))).toBe(text);
	});

	it('shows how often and how long ago it restarted', () => {
		expect(cell(section, 'restarts', row({restarts: 14, restartedAt: now - 8000}))).toBe('14 (8s)');
		expect(cell(section, 'restarts', row({restarts: 2, restartedAt: now - 9 * 3_600_000 - 1}))).toBe('2 (9h)');
		expect(cell(section, 'restarts', row({}))).toBe('0');
		expect(cell(section, 'age', row({}))).toBe('9d');
	});

	it('draws a row with its columns in place', () => {
		const crash = row({
			ready: 0,
			status: 'CrashLoopBackOff',
			...oom,
			restarts: 14,
			restartedAt: now - 8000,
			createdAt: now - 420_000,
		});
		expect(line(podsPane, crash, 66)).toBe('■ checkout    api-7f9c6d-x2k4p  0/1   CrashLoop<-OOM  14 (8s)   7m');
	});
});

describe('top', () => {
	it('shows no limit where there is none, and the units of kubectl', () => {
		const [section] = topPane.sections;
		const usage = {
			uid: 'u1',
			namespace: 'a',
			name: 'b',
			owner: 'c',
			memoryBytes: 498 * 1024 ** 2,
			memoryLimitBytes: undefined,
			memoryRequestBytes: undefined,
			cpuLimitCores: undefined,
			containers: [],
			oomKilledAt: undefined,
			cpuCores: 0.21,
			cpuRequestCores: 0.25,
			throttled: undefined,
			measuredAt: 0,
		};
		const row = podUsageRow('prod', usage, [1, 2]);
		expect(['mem', 'limit', 'cpu', 'request'].map(field => cell(section, field, row))).toEqual([
			'498Mi',
			'-',
			'210m',
			'84',
		]);
		expect(cell(section, 'cpu', podUsageRow('prod', {...usage, cpuCores: 1.94}, []))).toBe('1.9');
	});
});

describe('consumer lag', () => {
	const [section] = consumerLagPane.sections;

	it.each([
		['grows', lagRowAfter(steadyReads(60, 84_000, 1200, 988)), ['97k', '>1m', '+212/s', 'never', 'WARN']],
		['drains', lagRowAfter(steadyReads(10, 400, 10, 50)), ['0', '0s', '-40/s', '-', 'OK']],
		['drains slowly', lagRowAfter(steadyReads(10, 4000, 10, 50)), ['3.6k', '>10s', '-40/s', '1m30s', 'OK']],
		['keeps up', lagRowAfter(steadyReads(10, 20, 10, 9)), ['30', '3s', '+1/s', '-', 'OK']],
		['was read once', lagRowAfter(steadyReads(0, 5, 0, 0)), ['5', '?', '?', '?', 'OK']],
		['never committed', lagRowAfter([{logEnds: [9], committed: [undefined]}]), ['?', '?', '?', '?', 'no commit']],
		['has no members', lagRowAfter(steadyReads(10, 5, 10, 0), {members: 0}), ['105', '>10s', '+10/s', 'never', 'STOP']],
	])('%s', (_name, shown, texts) => {
		expect(['lag', 'behind', 'rate', 'drain', 'eval'].map(field => cell(section, field, shown))).toEqual(texts);
	});
});

describe('targets', () => {
	it('shows the error where there is one', () => {
		const facts: ScrapeFacts = {
			pool: 'checkout-api',
			instance: '10.2.4.17:8080',
			labels: {job: 'checkout-api', instance: '10.2.4.17:8080'},
			poolSize: 6,
			poolDown: 1,
			url: 'http://10.2.4.17:8080/metrics',
			health: 'down',
			error: 'connection refused',
			scrapedAt: now - 3000,
			tookMs: 1,
			timeoutMs: 10_000,
			intervalMs: 15_000,
		};
		const down = scrapeRow('prom', facts);
		expect(line(targetsPane, down, 66)).toBe('■ checkout-api   10.2.4.17:8080    down    3s connection refused');
		const fresh = scrapeRow('prom', {...facts, health: 'unknown', error: '', scrapedAt: undefined, tookMs: undefined});
		expect(line(targetsPane, fresh, 66)).toBe('? checkout-api   10.2.4.17:8080    ?    never not scraped yet');
	});
});

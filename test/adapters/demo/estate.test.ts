import {describe, expect, it} from 'vitest';
import {demoEstate} from '../../../adapters/demo/estate.ts';
import {type ScenarioName, scenarioNames} from '../../../adapters/demo/scenario.ts';
import type {RowKind} from '../../../src/contract.ts';
import {allFindings} from '../../../src/findings.ts';
import type {Reading} from '../../../src/poll/reading.ts';
import {createWatch, type Watch} from '../../../src/watch.ts';
import {createFakeClock, type FakeClock} from '../../fake-clock.ts';

/** The demo, watched for so long, with everything in sight. */
async function watched(name: ScenarioName, seconds: number, seed = 1): Promise<{watch: Watch; clock: FakeClock}> {
	const clock = createFakeClock();
	const targets = demoEstate(name, {now: clock.now, seed});
	const watch = createWatch({targets, clock, readOnly: false, random: () => 0.5});
	const kinds = targets.flatMap(({system}) => system.sources.map(source => source.kind));
	watch.setVisible(new Set<RowKind>(kinds));
	watch.start();
	await clock.advance(seconds * 1000);
	return {watch, clock};
}

const rowsOf = (watch: Watch, target: string, kind: RowKind) => watch.reading(target, kind).get().snapshot?.rows ?? [];

/** What stays equal from one poll to the next when nothing changes. */
const content = ({snapshot, findings, state, failure}: Reading) => ({snapshot, findings, state, failure});

const ours = new Set(['prod-eu', 'kafka-main', 'prom-main']);

async function findings(name: ScenarioName, seconds: number): Promise<readonly string[]> {
	const {watch} = await watched(name, seconds);
	const found = allFindings(watch.readings()).filter(finding => ours.has(finding.target));
	const lines = found.map(({severity, target, sentence}) => `${severity} ${target} ${sentence}`);
	await watch.close();
	return lines.sort();
}

const crashing = [
	expect.stringMatching(/^crit prod-eu checkout\/api: 3 of 6 pods CrashLoopBackOff <- OOMKilled 137$/),
	expect.stringMatching(/^crit prod-eu checkout\/api: 3 pods are at \d\d% of the memory limit 512Mi$/),
];
const sick = [
	'warn prod-eu media/thumb: 1 of 14 pods not ready, 1 of 2 containers',
	expect.stringMatching(/^warn prod-eu node node-a3: 8\d% of its memory in use$/),
];
const pending = '0/12 nodes are available: 12 Insufficient cpu';
const lagging = [
	expect.stringMatching(
		/^warn kafka-main order-processing is \d+k behind on order-events, \+212\/s: never catches up$/,
	),
	'unknown kafka-main audit-sink on audit: no offset was ever committed, so its lag is unknown',
];
const unscraped = ['crit prom-main checkout-api: 1 of 6 targets down: connection refused'];

const expected: Readonly<Record<ScenarioName, readonly unknown[]>> = {
	calm: [],
	still: [],
	crashloop: crashing,
	locks: [],
	memory: [],
	lag: lagging,
	scrape: unscraped,
	default: [
		...crashing,
		...sick,
		`warn prod-eu search/indexer: 1 of 4 pods Pending: ${pending}`,
		...lagging,
		...unscraped,
	],
	storm: [
		...crashing,
		...sick,
		'crit prod-eu gateway/rate-limit: 6 of 6 pods ImagePullBackOff: manifest unknown',
		'crit prod-eu node node-c2: NotReady',
		`warn prod-eu search/indexer: 1 of 4 pods Pending: ${pending}`,
		`warn prod-eu search/ranking: 3 of 8 pods Pending: ${pending}`,
		...lagging,
		expect.stringMatching(/^crit kafka-main ledger is \d+k behind on payment-events, \+410\/s: never catches up$/),
		expect.stringMatching(/^warn kafka-main mailer is \d+k behind on notify: no members, messages wait$/),
		'crit prom-main checkout-api: 3 of 6 targets down: connection refused',
		'crit prom-main gateway-edge: 9 of 30 targets down: context deadline exceeded',
		'crit prom-main kubelet: 1 of 12 targets down: no route to host',
	],
};

describe('demo estate', () => {
	it.each(scenarioNames)('%s shows its own findings and no others, soon and for ten minutes', async name => {
		for (const seconds of [4, 61, 600]) {
			const found = await findings(name, seconds);
			expect(found).toHaveLength(expected[name].length);
			expect(found).toEqual(expect.arrayContaining([...expected[name]]));
		}
	});

	it('is as large as a real one', async () => {
		for (const name of ['default', 'storm'] as const) {
			const {watch} = await watched(name, 4);
			expect(rowsOf(watch, 'prod-eu', 'kubernetes.pod')).toHaveLength(412);
			expect(rowsOf(watch, 'prod-eu', 'kubernetes.node-usage')).toHaveLength(12);
			expect(rowsOf(watch, 'prom-main', 'prometheus.target')).toHaveLength(214);
			const groups = rowsOf(watch, 'kafka-main', 'kafka.lag').map(row => row.id.split('/')[0]);
			expect(new Set(groups).size).toBe(38);
			await watch.close();
		}
	});

	it('has ids that are unique and survive a poll', async () => {
		const {watch, clock} = await watched('storm', 4);
		const ids = () => watch.readings().map(reading => reading.snapshot?.rows.map(row => row.id) ?? []);
		const before = ids();
		for (const list of before) expect(new Set(list).size).toBe(list.length);
		await clock.advance(60_000);
		const mine = watch.readings().map(reading => ours.has(reading.target));
		expect(ids().filter((_, index) => mine[index])).toEqual(before.filter((_, index) => mine[index]));
		await watch.close();
	});

	it('says why of every row that is not well', async () => {
		const {watch} = await watched('storm', 61);
		const silent = watch
			.readings()
			.flatMap(reading => reading.snapshot?.rows ?? [])
			.filter(row => (row.severity === 'ok') !== (row.why === undefined));
		expect(silent).toEqual([]);
		await watch.close();
	});

	it('is the same estate for the same seed and time, and another for another seed', async () => {
		const contents = async (seed: number) => {
			const {watch} = await watched('default', 30, seed);
			const all = watch
				.readings()
				.filter(reading => ours.has(reading.target))
				.map(content);
			await watch.close();
			return all;
		};
		expect(await contents(3)).toEqual(await contents(3));
		expect(await contents(3)).not.toEqual(await contents(4));
	});

	it('does not change at all in still', async () => {
		const {watch, clock} = await watched('still', 6);
		const before = watch.readings().map(content);
		expect(before.every(reading => reading.state === 'live')).toBe(true);
		await clock.advance(600_000);
		expect(watch.readings().map(content)).toEqual(before);
		await watch.close();
	});

	it('moves everywhere else, a little at a time', async () => {
		const {watch, clock} = await watched('calm', 6);
		const memory = () =>
			watch
				.reading('prod-eu', 'kubernetes.node-usage')
				.get()
				.snapshot?.rows.map(row => ('memory' in row ? row.memory : 0));
		const before = memory();
		await clock.advance(6000);
		const after = memory();
		expect(after).not.toEqual(before);
		for (const [index, value] of (after ?? []).entries()) {
			expect(Math.abs(Number(value) / Number(before?.[index]) - 1)).toBeLessThan(0.05);
		}
		await watch.close();
	});

	it('points each finding at a row and an inspection that are there', async () => {
		const {watch, clock} = await watched('storm', 61);
		const kinds = new Map(watch.targets.map(({target, system}) => [target.name, system]));
		for (const finding of allFindings(watch.readings())) {
			if (!ours.has(finding.target) || finding.row === undefined) continue;
			const {kind, id} = finding.row;
			const row = rowsOf(watch, finding.target, kind).find(one => one.id === id);
			expect(row, finding.id).toBeDefined();
			const inspection = kinds.get(finding.target)?.inspections.find(one => one.id === finding.inspections[0]);
			expect(inspection?.kind).toBe(kind);
			if (row === undefined || inspection === undefined) continue;
			const {target, port} = await watch.connection(finding.target);
			const signal = new AbortController().signal;
			const document = await inspection.open(row, {signal, now: clock.now, port, target});
			expect(document.lines.map(line => line.text)).toContain(row.why);
			expect(document.reads.length).toBeGreaterThan(0);
		}
		await watch.close();
	});

	it('guards every target but billing', () => {
		const targets = demoEstate('default', {now: () => 0}).map(({target}) => target);
		expect(new Set(targets.map(target => target.name)).size).toBe(targets.length);
		for (const target of targets) expect(target.production).toBe(target.name !== 'billing-db');
	});
});

import {setTimeout as pause} from 'node:timers/promises';
import {describe, expect, it} from 'vitest';
import {demoEstate} from '../../demo/estate.ts';
import {type ScenarioName, scenarioNames} from '../../demo/scenario.ts';
import {initialParams} from '../../src/contract/initial-params.ts';
import type {Reading} from '../../src/contract/reading.ts';
import type {RowKind} from '../../src/contract/row.ts';
import {mergeFindings} from '../../src/findings/merge-findings.ts';
import {type Clock, stoppedClock} from '../../src/time/clock.ts';
import {createWatch, type Watch} from '../../src/watch/watch.ts';
import {createFakeClock, type FakeClock} from '../fake-clock.ts';
import {advanceDemo} from './advance-demo.ts';

/** The demo, watched for so long, with everything in sight. */
async function watched(
	name: ScenarioName,
	seconds: number,
	seed = 1,
): Promise<{watch: Watch; clock: FakeClock; time: Clock}> {
	const clock = createFakeClock();
	const time = name === 'still' ? stoppedClock(clock) : clock;
	const targets = demoEstate(name, {now: clock.now, seed, clock});
	const watch = createWatch({targets, clock: time, readOnly: false, random: () => 0.5});
	const kinds = targets.flatMap(({system}) => system.sources.map(source => source.kind));
	// The sampler pauses between its batches by real time: it has a test of its own.
	watch.setVisible(new Set<RowKind>(kinds.filter(kind => kind !== 'redis.prefix')));
	watch.start();
	await advanceDemo(watch, clock, seconds, time.now);
	return {watch, clock, time};
}

const rowsOf = (watch: Watch, target: string, kind: RowKind) => watch.reading(target, kind).get().snapshot?.rows ?? [];

/** What stays equal from one poll to the next when nothing changes. */
const content = ({snapshot, findings, state, failure}: Reading) => ({snapshot, findings, state, failure});

async function findings(name: ScenarioName, seconds: number): Promise<readonly string[]> {
	const {watch} = await watched(name, seconds);
	const found = mergeFindings(watch.readings());
	const lines = found.map(({severity, target, sentence}) => `${severity} ${target} ${sentence}`);
	await watch.close();
	return lines.sort();
}

const crashing = [
	/^crit prod-eu checkout\/api: 3 of 8 pods CrashLoopBackOff <- OOMKilled 137 at limit 512Mi, since rollout revision 41 at 13:58:22Z$/,
];
const unhealthy = [
	/^warn prod-eu media\/thumb: 7 of \d\d pods not ready, 1 of 2 containers, since rollout revision 13 at 13:56:22Z$/,
	/^warn prod-eu node node-a3: 8\d % of its memory in use$/,
];
const heldBack = /^warn prod-eu payments\/reconciler: 3 pods are throttled \d\d ?% of the time by the CPU limit 0\.3$/;
const pending = (pods: string) =>
	new RegExp(`^warn prod-eu search/${pods} pods Pending <- 0/12 nodes: .*insufficient cpu`);
const lagging = [
	/^warn kafka-main order-processing is \d+k behind on order-events: no members, messages wait$/,
	/^unknown kafka-main audit-sink on audit: no offset was ever committed, so its lag is unknown$/,
];
const blocked = /^crit orders-db \d\d sessions wait for pid 4411 \(idle in transaction \d+m\d\ds, app checkout\)$/;
const blockedByReader = /^crit orders-db 4 sessions wait for pid 5020 \(active [\dhms]+, app metabase\)$/;
const crowded = /^(warn|crit) orders-db 1\d\d of 197 connections are taken, 9\d %$/;
const evicting = /^crit redis-main 9[89] % of maxmemory, evicting \d+\/s, hit rate 9\d -> \d\d %$/;
const unread =
	/^(warn|crit) redis-main client 4111 \(export-nightly, 10\.2\.7\.44:51220\) does not read its replies: \d+Mi are buffered for it$/;
const notLoaded = /^warn prom-main the configuration of prom-main could not be loaded:/;
const unscraped = [
	// Prometheus has the alert and the target too; both are suppressed in favor of the Alertmanager.
	/^crit alerts-main TargetDown: checkout-api 10\.2\.5\.3:8080 cannot be scraped \(checkout-api: 1 of 6 targets down: connection refused\)$/,
	notLoaded,
];

const expected: Readonly<Record<ScenarioName, readonly RegExp[]>> = {
	calm: [],
	still: [],
	crashloop: crashing,
	locks: [blocked, blockedByReader, crowded],
	memory: [evicting],
	lag: lagging,
	scrape: unscraped,
	default: [
		...crashing,
		...unhealthy,
		heldBack,
		pending('indexer: 1 of 4'),
		...lagging,
		...unscraped,
		evicting,
		unread,
		blocked,
		crowded,
		/^warn prod-eu payments\/ledger: budget ledger allows no eviction: all 6 pods are healthy and all are needed$/,
	],
	storm: [
		...crashing,
		...unhealthy,
		heldBack,
		evicting,
		unread,
		blocked,
		blockedByReader,
		crowded,
		/^warn orders-db replication is 41s behind: orders-db-replica, \d+Mi behind$/,
		/^crit prod-eu gateway\/rate-limit: 3 of 8 pods ImagePullBackOff <- not found, since rollout revision 8 at 13:59:22Z$/,
		/^crit prod-eu notify\/sms: 1 of 5 pods CreateContainerConfigError <- secret sms-provider missing key account, since rollout revision 6 at 14:00:22Z$/,
		/^warn prod-eu node node-c2: \d\d pods of \d\d workloads not terminated in time$/,
		/^crit prod-eu node node-c2: NotReady$/,
		/^warn prod-eu gateway\/edge: autoscaler edge is at its limit of 30 pods and would scale further$/,
		/^warn prod-eu search\/indexer: rollout of revision 2, begun at 14:02:22Z, is stalled: 1 of 4 pods not terminated, overdue by \d+m\d\ds$/,
		pending('ranking: 4 of 11'),
		...lagging,
		/^crit kafka-main broker 3 is down: 159 partitions of 11 topics are under-replicated$/,
		/^warn kafka-main mailer is \d+k behind on notify: no members, messages wait$/,
		notLoaded,
		/^crit alerts-main TargetDown \(13 alerts\): /,
		/^warn alerts-main silence of old-oncall has been active for 23d, hides nothing now$/,
	],
};

/** What takes a minute to show. */
const later: Partial<Record<ScenarioName, readonly RegExp[]>> = {
	storm: [
		/^crit kafka-main ledger is \d+k behind on payment-events \(>[\dms]+\), \+4\d\d\/s: never catches up$/,
		/^warn kafka-main notify\.DLT grows: \d+ messages in [\dms]+, 0\.4\/s$/,
		/^warn redis-main \d+ commands entered the slow log in the last \d+s, the slowest HGETALL [\d.]+ ms$/,
	],
};

/** What takes two: a rollout that made no progress for ten minutes is given up. */
const givenUp = [
	/^crit prod-eu media\/thumb: rollout of revision 13, begun at 13:56:22Z, failed: it made no progress /,
];
const last: Partial<Record<ScenarioName, readonly RegExp[]>> = {default: givenUp, storm: givenUp};

/** What was found and not expected, and what was expected and not found. */
function unlike(found: readonly string[], wanted: readonly RegExp[]) {
	return {
		surplus: found.filter(line => !wanted.some(pattern => pattern.test(line))),
		missing: wanted.filter(pattern => found.filter(line => pattern.test(line)).length !== 1),
	};
}

/** A container that waits to be started again uses nothing that could be measured. */
const comeAndGo: ReadonlySet<RowKind> = new Set(['postgres.session', 'redis.client', 'kubernetes.pod-usage'] as const);

describe('demo estate', () => {
	it.each(scenarioNames)('%s shows its own findings and no others, soon and for some minutes', async name => {
		for (const seconds of [4, 61, 200]) {
			const found = await findings(name, seconds);
			const wanted = [
				...expected[name],
				...(seconds > 60 ? (later[name] ?? []) : []),
				...(seconds > 120 ? (last[name] ?? []) : []),
			];
			expect(unlike(found, wanted)).toEqual({surplus: [], missing: []});
		}
	});

	it('is as large as a real one', async () => {
		for (const name of ['default', 'storm'] as const) {
			const {watch} = await watched(name, 4);
			expect(rowsOf(watch, 'prod-eu', 'kubernetes.pod')).not.toHaveLength(0);
			expect(rowsOf(watch, 'prod-eu', 'kubernetes.node-usage')).toHaveLength(12);
			expect(rowsOf(watch, 'prom-main', 'prometheus.target')).toHaveLength(214);
			const groups = rowsOf(watch, 'kafka-main', 'kafka.lag').map(row => row.id.split('/')[0]);
			expect(new Set(groups).size).toBe(38);
			await watch.close();
		}
	});

	it('has ids that are unique and survive a poll', async () => {
		const {watch, clock} = await watched('storm', 4);
		const ids = () => watch.readings().map(reading => reading.snapshot?.rows.map(row => row.id).sort() ?? []);
		const before = ids();
		for (const list of before) expect(new Set(list).size).toBe(list.length);
		await advanceDemo(watch, clock, 60);
		// Values that do not change must keep their ids.
		const standing = watch.readings().map(({kind}) => !comeAndGo.has(kind));
		expect(ids().filter((_, index) => standing[index])).toEqual(before.filter((_, index) => standing[index]));
		await watch.close();
	});

	it('gives each row the kind that its source reads, and has a reason for every row that is not ok', async () => {
		const {watch} = await watched('storm', 61);
		for (const {target, kind, snapshot} of watch.readings())
			for (const row of snapshot?.rows ?? []) expect(row.kind, `${target} ${row.id}`).toBe(kind);
		const silent = watch
			.readings()
			.flatMap(reading => reading.snapshot?.rows ?? [])
			.filter(row => (row.severity === 'ok') !== (row.why === undefined));
		expect(silent).toEqual([]);
		await watch.close();
	});

	it('is the same for the same seed and time, and different for another seed', async () => {
		const contents = async (seed: number) => {
			const {watch, clock} = await watched('default', 25, seed);
			// A watch brings what has happened in its own time, so all of it is let in before the last reads. Nothing more happens in these two seconds.
			await pause(200);
			await advanceDemo(watch, clock, 2);
			const all = watch.readings().map(content);
			await watch.close();
			return all;
		};
		expect(await contents(3)).toEqual(await contents(3));
		expect(await contents(3)).not.toEqual(await contents(4));
	});

	it('does not change at all in still', async () => {
		const {watch, clock, time} = await watched('still', 300);
		// By then every history is full of what did not change.
		const before = watch.readings().map(content);
		expect(before.every(reading => reading.failure === undefined)).toBe(true);
		await advanceDemo(watch, clock, 600, time.now);
		expect(watch.readings().map(content)).toEqual(before);
		await watch.close();
	});

	it('changes a little at a time in all other scenarios', async () => {
		const {watch, clock} = await watched('calm', 6);
		const memory = () =>
			watch
				.reading('prod-eu', 'kubernetes.node-usage')
				.get()
				.snapshot?.rows.map(row => ('memoryBytes' in row ? row.memoryBytes : 0));
		const before = memory();
		await advanceDemo(watch, clock, 6);
		const after = memory();
		expect(after).not.toEqual(before);
		for (const [index, value] of (after ?? []).entries()) {
			expect(Math.abs(Number(value) / Number(before?.[index]) - 1)).toBeLessThan(0.05);
		}
		await watch.close();
	});

	it('has an existing row and inspection for each finding', async () => {
		const {watch, clock} = await watched('storm', 61);
		const kinds = new Map(watch.targets.map(({target, system}) => [target.name, system]));
		for (const finding of mergeFindings(watch.readings())) {
			if (finding.row === undefined) continue;
			const {kind, id} = finding.row;
			const row = rowsOf(watch, finding.target, kind).find(one => one.id === id);
			expect(row, finding.id).toBeDefined();
			const inspection = kinds.get(finding.target)?.inspections.find(one => one.id === finding.inspections[0]);
			expect(inspection?.kind).toBe(kind);
			if (row === undefined || inspection === undefined) continue;
			const {target, port} = await watch.connection(finding.target);
			const signal = new AbortController().signal;
			const document = await inspection.open(row, {
				signal,
				now: clock.now,
				port,
				target,
				rows: [row],
				params: initialParams(inspection.params, [row]),
			});
			expect(document.lines.length).toBeGreaterThan(0);
			expect(document.cliEquivalent.length).toBeGreaterThan(0);
		}
		await watch.close();
	});

	it('guards every target but billing', () => {
		const targets = demoEstate('default', {now: () => 0}).map(({target}) => target);
		expect(new Set(targets.map(target => target.name)).size).toBe(targets.length);
		for (const target of targets) expect(target.production).toBe(target.name !== 'billing-db');
	});
});

import {describe, expect, test} from 'vitest';
import {demoKafka, demoKafkaSettings} from '../../demo/kafka.ts';
import {createScenario, type ScenarioName} from '../../demo/scenario.ts';
import type {ActionContext, Preview} from '../../src/contract/action.ts';
import type {Row} from '../../src/contract/row.ts';
import type {Target} from '../../src/contract/target.ts';
import type {LagRow} from '../../src/model/kafka/consumer-lag.ts';
import type {KafkaPort, KafkaSettings} from '../../src/port/kafka.ts';
import {fakeSaveFile} from '../adapters/conformance-subject.ts';
import {openSources} from './open-sources.ts';

const target: Target<KafkaSettings> = {
	name: 'kafka-main',
	kind: 'kafka',
	production: true,
	settings: demoKafkaSettings,
};

/** The demo's Kafka in one scenario, on a fake clock. */
async function open(name: ScenarioName, readOnly = false) {
	let now = 1_790_000_000_000;
	const system = demoKafka(createScenario(name, {now: () => now}));
	const {port} = await system.connect(target, {readOnly});
	const savedFiles: Record<string, string> = {};
	const acting: ActionContext<KafkaPort, KafkaSettings> = {
		signal: new AbortController().signal,
		now: () => now,
		port,
		target,
		record: 'r',
		async saveFile(file, text) {
			savedFiles[file] = text;
			return fakeSaveFile(file);
		},
	};
	const {read, findingIds} = openSources(system, port, target, acting);
	const [action] = system.actions;
	if (action === undefined || 'impossible' in action.undo) throw new Error('there is one action, and it can be undone');
	const {undo} = action;
	const row = async (id: string): Promise<LagRow> => {
		const found = (await read('kafka.lag')).rows.find(one => one.id === id);
		if (found === undefined) throw new Error(`no row ${id}`);
		return found as LagRow;
	};
	return {
		port,
		acting,
		action,
		undo,
		savedFiles,
		read,
		row,
		/** Lets time pass with a read each 5 s. */
		async pass(seconds: number) {
			for (let passed = 0; passed < seconds; passed += 5) {
				now += 5000;
				await read('kafka.lag');
			}
		},
		async troubles(): Promise<readonly string[]> {
			return (await findingIds()).map(id => id.replace('kafka-main/', ''));
		},
		preview: async (id: string, to: string) => action.preview([await row(id)], {to}, acting),
		async run(preview: Preview) {
			const checks = await action.preflight(preview.plan, acting);
			expect(checks.filter(check => check.result === 'block')).toEqual([]);
			const receipt = await action.run(preview.plan, acting);
			return {receipt, outcome: await action.verify(preview.plan, receipt, acting)};
		},
		async inspect(id: string, about: Row, params: Readonly<Record<string, string>> = {}) {
			const inspection = system.inspections.find(one => one.id === id);
			if (inspection === undefined) throw new Error(`no inspection ${id}`);
			const {title, lines, cliEquivalent: reads} = await inspection.open(about, {...acting, rows: [about], params});
			expect(reads.length).toBeGreaterThan(0);
			return [title, ...lines.map(line => line.text)].join('\n');
		},
	};
}

const poisoned = 'order-processing/order-events';
const stopped = ['lag/order-processing/order-events/stop', 'lag/audit-sink/audit/no-commit'];
const healed = ['lag/audit-sink/audit/no-commit'];

describe('Kafka in the demo', () => {
	test.each<[ScenarioName, readonly string[]]>([
		['calm', []],
		['still', []],
		['memory', []],
		['lag', stopped],
		['default', stopped],
		[
			'storm',
			[
				'lag/order-processing/order-events/stop',
				'lag/ledger/payment-events/warn',
				'lag/mailer/notify/stop',
				'lag/audit-sink/audit/no-commit',
				'broker/3',
				'topic/notify.DLT/dead-letters',
			],
		],
	])('%s has its own problem', async (name, troubles) => {
		const demo = await open(name);
		await demo.read('kafka.topic');
		await demo.pass(60);
		expect(await demo.troubles()).toEqual(troubles);
		await demo.pass(120);
		expect(await demo.troubles()).toEqual(troubles);
	});

	test('lag ends when the group is moved past the message that crashes its members', async () => {
		const demo = await open('lag');
		await demo.pass(60);
		const preview = await demo.preview(poisoned, '7:+1');
		expect(preview).toMatchObject({
			risk: 'low',
			count: 1,
			undo: {class: 'exact'},
			touches: ['order-events/7'],
			impact: expect.stringContaining('1 message will never be read by it. It has no members now (Empty).'),
		});
		const {outcome} = await demo.run(preview);
		expect(outcome).toMatchObject({result: 'done'});
		await demo.pass(30);
		const back = await demo.row(poisoned);
		expect(back.members).toBeGreaterThan(0);
		expect(back.growthPerSecond).toBeLessThan(0);
		expect(await demo.troubles()).toEqual(healed);
		await demo.pass(120);
		expect(await demo.row(poisoned)).toMatchObject({evaluation: 'ok', severity: 'ok'});
		expect((await demo.row(poisoned)).timeLag?.ms).toBeLessThan(10_000);
	});

	test.each(['earliest', '7:-1', '7:-100', '-1h', '3:+1', '0:latest'])('lag does not end by %s', async to => {
		const demo = await open('lag');
		await demo.pass(60);
		await demo.run(await demo.preview(poisoned, to));
		await demo.pass(120);
		expect(await demo.troubles()).toEqual(expect.arrayContaining(healed));
		expect(await demo.troubles()).toHaveLength(2);
		expect((await demo.row(poisoned)).members).toBe(0);
	});

	test('undo restores the offset before the message, exactly as it was', async () => {
		const demo = await open('lag');
		await demo.pass(60);
		const offsets = async () => (await demo.port.committed(['order-processing'], demo.acting)).read;
		const before = await offsets();
		const preview = await demo.preview(poisoned, 'latest');
		const {receipt} = await demo.run(preview);
		expect(await offsets()).not.toEqual(before);
		const back = await demo.undo.propose(preview.plan, receipt, demo.acting);
		const {outcome} = await demo.run(back);
		expect(outcome.result).toBe('done');
		expect(await offsets()).toEqual(before);
		await demo.pass(60);
		expect(await demo.troubles()).toEqual(stopped);
	});

	test('the offsets are saved before they are changed, in the format of Kafka’s own tool', async () => {
		const demo = await open('lag');
		const [offset] = (await demo.port.committed(['order-processing'], demo.acting)).read[0]?.offsets ?? [];
		const {receipt} = await demo.run(await demo.preview(poisoned, '0:+5, 1:earliest'));
		const csv = demo.savedFiles['order-processing-order-events.csv'] ?? '';
		expect(csv.split('\n')[0]).toBe(`order-events,0,${offset?.offset}`);
		expect(csv).toMatch(/^order-events,0,\d+\norder-events,1,\d+\n$/);
		expect(JSON.parse(demo.savedFiles['order-processing-order-events.json'] ?? '')).toMatchObject({
			group: 'order-processing',
			topic: 'order-events',
			offsets: [{partition: 0, offset: offset?.offset, metadata: ''}, {partition: 1}],
		});
		expect(receipt.before['backup']).toBe('/saved/order-processing-order-events.csv');
	});

	test('the offsets of a group with members are not reset: it has to be stopped first', async () => {
		const demo = await open('calm');
		const preview = await demo.preview('mailer/notify', 'earliest');
		expect(preview.impact).toMatch(/It has \d members now\. Stop it first/);
		expect(await demo.action.preflight(preview.plan, demo.acting)).toContainEqual(
			expect.objectContaining({label: 'the group', result: 'block'}),
		);
		await expect(demo.action.run(preview.plan, demo.acting)).rejects.toMatchObject({kind: 'conflict'});
	});

	test('the brokers refuse the reset of a live group, and a read-only connection sends none', async () => {
		const live = await open('calm');
		const offsets = [{topic: 'notify', partition: 0, offset: 1, metadata: ''}];
		await expect(live.port.commitOffsets({group: 'mailer', offsets}, live.acting)).rejects.toMatchObject({
			kind: 'conflict',
		});
		const shut = await open('lag', true);
		const change = {group: 'order-processing', partitions: [{topic: 'order-events', partition: 0}]};
		await expect(shut.port.deleteOffsets(change, shut.acting)).rejects.toMatchObject({kind: 'denied'});
	});

	test('a plan is refused when the group has changed since', async () => {
		const demo = await open('lag');
		const preview = await demo.preview(poisoned, '7:+2');
		await demo.run(await demo.preview(poisoned, '7:-3'));
		expect(await demo.action.preflight(preview.plan, demo.acting)).toContainEqual(
			expect.objectContaining({
				result: 'block',
				conflict: true,
				detail: expect.stringMatching(/^partition 7 is committed at/),
			}),
		);
		await expect(demo.action.run(preview.plan, demo.acting)).rejects.toMatchObject({kind: 'conflict'});
	});

	test('the message that crashes the members can be shown', async () => {
		const demo = await open('lag');
		await demo.pass(10);
		const row = await demo.row(poisoned);
		expect(await demo.inspect('kafka.partitions', row)).toMatch(/oldest message that waits is on partition 7/);
		const text = await demo.inspect('kafka.messages', row, {partition: '7', from: 'committed'});
		const [bad = '', good = ''] = text.split(/^(?=7@)/m).slice(1);
		expect(bad).toContain('(binary, 11B)\n    00000000  0a 07 08 96 01 12 02 ff fe 1a 00');
		expect(good).toContain('"type": "order"');
	});

	test('a group shows its members, a topic its leaders and replicas', async () => {
		const demo = await open('storm');
		await demo.pass(5);
		const text = await demo.inspect('kafka.describe-group', await demo.row('shipping/order-events'));
		expect(text).toMatch(/state +Stable/);
		expect(text).toMatch(/shipping-0 .*order-events|shipping-0 +\/10\.2\./);
		expect(text).toMatch(/stock-changes +24|stock-changes +12/);
		expect(await demo.inspect('kafka.topic', await demo.row(poisoned))).toMatch(/not in sync: 3/);
	});

	test('the scenario still does not change, and the same seed and times give the same estate', async () => {
		const rows = async () => {
			const demo = await open('still');
			await demo.read('kafka.lag');
			const first = JSON.stringify(await demo.read('kafka.lag'));
			await demo.pass(20);
			expect(JSON.stringify((await demo.read('kafka.lag')).gauges)).toBe(JSON.stringify(JSON.parse(first).gauges));
			return first;
		};
		expect(await rows()).toBe(await rows());
	});
});

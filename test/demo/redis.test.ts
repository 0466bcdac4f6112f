import {describe, expect, test} from 'vitest';
import {demoRedis, demoRedisSettings} from '../../demo/redis.ts';
import {createScenario, type ScenarioName} from '../../demo/scenario.ts';
import type {ActionContext} from '../../src/contract/action.ts';
import type {Row, RowKind} from '../../src/contract/row.ts';
import type {Target} from '../../src/contract/target.ts';
import type {RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {fakeSaveFile} from '../adapters/conformance-subject.ts';
import {openSources} from './open-sources.ts';

const target: Target<RedisSettings> = {
	name: 'redis-main',
	kind: 'redis',
	production: true,
	settings: demoRedisSettings,
};

/** The demo's Redis in one scenario, on a fake clock. */
async function open(name: ScenarioName) {
	let now = 1_790_000_000_000;
	const system = demoRedis(createScenario(name, {now: () => now}));
	const {port} = await system.connect(target, {readOnly: false});
	const acting: ActionContext<RedisPort, RedisSettings> = {
		signal: new AbortController().signal,
		now: () => now,
		port,
		target,
		record: 'r',
		saveFile: fakeSaveFile,
	};
	const {read, findingIds} = openSources(system, port, target, acting);
	return {
		read,
		pass(ms: number) {
			now += ms;
		},
		/** Ids of what is wrong, after a second read. */
		async troubles(): Promise<readonly string[]> {
			await read('redis.server');
			now += 2000;
			return (await findingIds()).map(id => id.split('/').at(-1) ?? id);
		},
		async act(id: string, row: Row, params: Readonly<Record<string, string>> = {}) {
			const action = system.actions.find(one => one.id === id);
			if (action === undefined) throw new Error(`no action ${id}`);
			const {plan} = await action.preview([row], params, acting);
			const checks = await action.preflight(plan, acting);
			expect(checks.filter(check => check.result === 'block')).toEqual([]);
			const receipt = await action.run(plan, acting);
			return {action, plan, receipt, acting, outcome: await action.verify(plan, receipt, acting)};
		},
	};
}

async function first(demo: Awaited<ReturnType<typeof open>>, kind: RowKind): Promise<Row> {
	const [row] = (await demo.read(kind)).rows;
	if (row === undefined) throw new Error(`no row ${kind}`);
	return row;
}

describe('Redis in the demo', () => {
	test.each<[ScenarioName, readonly string[]]>([
		['calm', []],
		['still', []],
		['crashloop', []],
		['memory', ['memory']],
		['default', ['memory', 'output']],
		['storm', ['memory', 'output']],
	])('%s has its own problem', async (name, troubles) => {
		expect(await (await open(name)).troubles()).toEqual(troubles);
	});

	test('memory ends when the limit is raised, and comes back when it is lowered again', async () => {
		const demo = await open('memory');
		await demo.troubles();
		const {action, plan, receipt, acting, outcome} = await demo.act(
			'redis.set-maxmemory',
			await first(demo, 'redis.server'),
			{size: '6gb'},
		);
		expect(outcome.result).toBe('done');
		expect(await demo.troubles()).toEqual([]);
		demo.pass(120_000);
		await demo.read('redis.server');
		expect(await demo.troubles()).toEqual([]);
		if ('impossible' in action.undo) throw new Error('it can be undone');
		const back = await action.undo.propose(plan, receipt, acting);
		await action.run(back.plan, acting);
		expect(await demo.troubles()).toContain('memory');
	});

	test('memory does not end when a client is killed', async () => {
		const demo = await open('memory');
		await demo.troubles();
		const victim = (await demo.read('redis.client')).rows.find(row => 'role' in row && row.role === 'client');
		if (victim === undefined) throw new Error('no client');
		await demo.act('redis.kill-client', victim);
		demo.pass(60_000);
		await demo.read('redis.server');
		expect(await demo.troubles()).toEqual(['memory']);
	});

	test('the client that does not read is no problem any more once it is killed, and connects again as another one', async () => {
		const demo = await open('storm');
		await demo.troubles();
		const before = await first(demo, 'redis.client');
		const {outcome} = await demo.act('redis.kill-client', before);
		expect(outcome).toMatchObject({
			result: 'done',
			detail: expect.stringMatching(/export-nightly.* is connected as client/),
		});
		expect(await demo.troubles()).toEqual(['memory']);
		expect((await demo.read('redis.client')).rows.map(row => row.id)).not.toContain(before.id);
	});

	test('the client that does not read is still a problem after the limit was raised', async () => {
		const demo = await open('storm');
		await demo.troubles();
		await demo.act('redis.set-maxmemory', await first(demo, 'redis.server'), {size: '8gb'});
		expect(await demo.troubles()).toEqual(['output']);
	});

	test('a lower limit has a high risk and does not end the problem', async () => {
		const demo = await open('memory');
		await demo.troubles();
		await demo.act('redis.set-maxmemory', await first(demo, 'redis.server'), {size: '3gb'});
		expect(await demo.troubles()).toEqual(['memory']);
	});

	test('a plan is refused when the server has changed since', async () => {
		const demo = await open('memory');
		const row = await first(demo, 'redis.server');
		const {action, plan, acting} = await demo.act('redis.set-maxmemory', row, {size: '6gb'});
		await expect(action.run(plan, acting)).rejects.toMatchObject({kind: 'conflict'});
	});

	test('still does not change', async () => {
		const demo = await open('still');
		const look = async () => {
			const kinds: readonly RowKind[] = ['redis.server', 'redis.prefix', 'redis.client'];
			const seen = await Promise.all(kinds.map(kind => demo.read(kind)));
			return JSON.stringify(
				seen.map(({rows, gauges, sample}) => ({rows, gauges, sample})),
				(key, value) => (key === 'recentSeconds' ? undefined : value),
			);
		};
		await look();
		demo.pass(2000);
		const before = await look();
		demo.pass(2000);
		expect(await look()).toBe(before);
	});

	test('the same seed and times give the same estate', async () => {
		const rows = async () => {
			const demo = await open('storm');
			await demo.troubles();
			return JSON.stringify([
				await demo.read('redis.server'),
				await demo.read('redis.prefix'),
				await demo.read('redis.client'),
			]);
		};
		expect(await rows()).toBe(await rows());
	});
});

import {spawnSync} from 'node:child_process';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import type {Row} from '../../../src/contract/row.ts';
import {AdapterError} from '../../../src/errors.ts';
import {describeRedis} from '../../estate/describe-server.ts';
import {restartRedis} from '../../estate/redis.ts';
import {
	actionOf,
	countCommandsDuring,
	openRedis,
	type RedisFixture,
	readInfoField,
	runRedisCli,
	settingsFor,
	startDedicatedRedis,
} from './redis-fixture.ts';

const action = actionOf('redis.set-maxmemory');
const mebibyte = 1024 ** 2;

describe('a new maxmemory', () => {
	const problem = (text: string) => action.params[0]?.problem(text);

	test.each(['512mb', '2gb', '0', '1mb'])('may be %s', text => {
		expect(problem(text)).toBeUndefined();
	});

	test.each([
		['much', 'This is not a size. Write an integer with kb, mb or gb, such as 512mb, or 0 for no limit.'],
		['', 'This is not a size. Write an integer with kb, mb or gb, such as 512mb, or 0 for no limit.'],
		['64', 'An empty server needs more than that. Write at least 1mb, or 0 for no limit.'],
	])('may not be %j', (text, sentence) => {
		expect(problem(text)).toBe(sentence);
	});
});

describeRedis('redis', 'setting maxmemory', estate => {
	let server: Awaited<ReturnType<typeof startDedicatedRedis>>;
	let fixture: RedisFixture;
	let rows: readonly Row[];
	const maxmemory = () => Number(readInfoField(server, 'maxmemory'));
	const propose = (size: string) => action.preview(rows, {size}, fixture.actionContext());
	const refused = async (work: Promise<unknown>): Promise<unknown> =>
		work.then(
			() => 'done',
			error => error,
		);

	beforeAll(async () => {
		server = await startDedicatedRedis(estate, 'set-maxmemory', ['maxmemory 64mb', 'maxmemory-policy allkeys-lru']);
	});
	beforeEach(async () => {
		runRedisCli(server, 'FLUSHALL');
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory', '64mb');
		fixture = await openRedis(settingsFor(server, server.logins.default));
		rows = (await fixture.read('redis.server')).rows;
	});
	afterEach(() => fixture.connection.close());
	afterAll(() => server.end());

	test('proposes one and a half times the value', () => {
		expect(action.params[0]?.initial(rows)).toBe('96mb');
	});

	test('raises it, verifies it, and undoes it exactly', async () => {
		const preview = await propose('96mb');
		expect(preview).toMatchObject({
			object: '96mb',
			risk: 'low',
			undo: {class: 'exact', text: 'exact while less than 64mb is used: set maxmemory back to 64mb'},
			changes: [{field: 'maxmemory', before: '64mb', after: '96mb'}],
			cliEquivalent: `redis-cli -h 127.0.0.1 -p ${server.port} --user default CONFIG SET maxmemory 96mb`,
		});
		expect(preview.impact).toMatch(/lasts until the server restarts/);
		expect((await action.preflight(preview.plan, fixture.actionContext())).map(({result}) => result)).toEqual([
			'pass',
			'pass',
			'pass',
		]);
		const receipt = await action.run(preview.plan, fixture.actionContext());
		expect(receipt.before).toMatchObject({maxmemory: '64mb', policy: 'allkeys-lru'});
		expect(maxmemory()).toBe(96 * mebibyte);
		expect(await action.verify(preview.plan, receipt, fixture.actionContext())).toMatchObject({result: 'done'});

		if ('impossible' in action.undo) throw new Error('it can be undone');
		const back = await action.undo.propose(preview.plan, receipt, fixture.actionContext());
		expect(back.changes).toEqual([{field: 'maxmemory', before: '96mb', after: '64mb'}]);
		await action.run(back.plan, fixture.actionContext());
		expect(maxmemory()).toBe(64 * mebibyte);
	});

	test('the CLI equivalent runs in a shell', async () => {
		const {cliEquivalent: equivalent} = await propose('80mb');
		const env = {PATH: process.env['PATH'] ?? '', REDISCLI_AUTH: server.logins.default.password};
		expect(spawnSync('sh', ['-c', equivalent], {encoding: 'utf8', env}).stdout.trim()).toBe('OK');
		expect(maxmemory()).toBe(80 * mebibyte);
	});

	test('preview, preflight and the preview of the undo send nothing that changes the server', async () => {
		const commands = await countCommandsDuring(server, async () => {
			const preview = await propose('16mb');
			await action.preflight(preview.plan, fixture.actionContext());
			await action.verify(preview.plan, {summary: '', before: {}}, fixture.actionContext());
		});
		expect(Object.keys(commands).toSorted()).toEqual(['acl|dryrun', 'acl|whoami', 'info']);
		expect(maxmemory()).toBe(64 * mebibyte);
	});

	test('the action is one command on a connection named after its record, which is then closed', async () => {
		const preview = await propose('70mb');
		const commands = await countCommandsDuring(server, () => action.run(preview.plan, fixture.actionContext('rec 7')));
		expect(commands).toEqual({'client|setname': 1, 'client|id': 1, 'config|set': 1, info: 2});
		while (runRedisCli(server, 'CLIENT', 'LIST').includes('midwatch-rec'))
			await new Promise(resolve => setTimeout(resolve, 5));
	});

	test('lowering below the memory in use is a high risk, says that keys are lost, and they are', async () => {
		runRedisCli(server, 'DEBUG', 'POPULATE', '30000', 'fill', '1000');
		const before = Number(runRedisCli(server, 'DBSIZE'));
		const preview = await propose('16mb');
		expect(preview).toMatchObject({risk: 'high', undo: {class: 'none'}});
		expect(preview.impact).toMatch(
			/evicts keys worth that much at once \(allkeys-lru\)\. They cannot be brought back\./,
		);
		const checks = await action.preflight(preview.plan, fixture.actionContext());
		expect(checks.find(({result}) => result === 'warn')).toMatchObject({
			label: 'the memory in use',
			detail: expect.stringMatching(/^\d+Mi, more than the new limit: keys will be evicted at once$/),
		});
		const receipt = await action.run(preview.plan, fixture.actionContext());
		expect(Number(runRedisCli(server, 'DBSIZE'))).toBeLessThan(before);
		if ('impossible' in action.undo) throw new Error('it can be undone');
		const back = await action.undo.propose(preview.plan, receipt, fixture.actionContext());
		await action.run(back.plan, fixture.actionContext());
		expect(maxmemory()).toBe(64 * mebibyte);
		expect(Number(runRedisCli(server, 'DBSIZE'))).toBeLessThan(before);
	});

	test('a limit that is all but reached says that the next writes evict, and they do', async () => {
		runRedisCli(server, 'DEBUG', 'POPULATE', '30000', 'fill', '1000');
		const used = () => Number(readInfoField(server, 'used_memory'));
		const tight = `${Math.ceil(used() / 0.98 / 1024)}kb`;
		const preview = await propose(tight);
		expect(preview.impact).toMatch(/9\d % of the new limit: no key is evicted now, but the next writes evict keys \(/);
		expect((await action.preflight(preview.plan, fixture.actionContext())).at(-1)).toMatchObject({
			label: 'the memory in use',
			result: 'warn',
			detail: expect.stringMatching(/9\d % of the new limit: the next writes evict keys$/),
		});
		await action.run(preview.plan, fixture.actionContext());
		const before = Number(readInfoField(server, 'evicted_keys'));
		runRedisCli(server, 'DEBUG', 'POPULATE', '3000', 'more', '1000');
		runRedisCli(server, 'SET', 'one-more', 'x');
		expect(Number(readInfoField(server, 'evicted_keys'))).toBeGreaterThan(before);
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
		expect((await propose(`${Math.ceil(used() / 0.98 / 1024)}kb`)).impact).toMatch(
			/every write that needs memory fails/,
		);
	});

	test('with noeviction it says that writes will fail, and the undo is exact', async () => {
		runRedisCli(server, 'DEBUG', 'POPULATE', '20000', 'fill', '1000');
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
		const preview = await propose('8mb');
		expect(preview).toMatchObject({risk: 'high', undo: {class: 'exact'}});
		expect(preview.impact).toMatch(/every write that needs memory fails at once/);
		expect((await propose('60mb')).risk).toBe('medium');
	});

	test.each([
		['to no limit', '0', 'medium', /grows until the machine has no memory left/],
		['beyond the machine', '4000gb', 'medium', /a snapshot may not fit/],
		['down to what still fits', '32mb', 'medium', /no key is evicted now/],
	] as const)('%s', async (_, size, risk, impact) => {
		const preview = await propose(size);
		expect(preview.risk).toBe(risk);
		expect(preview.impact).toMatch(impact);
	});

	test('the current value is reported as no change', async () => {
		expect((await propose('64mb')).unhelpful).toEqual({reason: 'maxmemory is 64mb already'});
	});

	test.each([
		['the limit', ['CONFIG', 'SET', 'maxmemory', '80mb'], 'maxmemory is 80mb now, it was 64mb'],
		[
			'the policy',
			['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'],
			'the policy is noeviction now, it was allkeys-lru',
		],
	])('when %s changed, the plan is stale and nothing is sent', async (_, change, detail) => {
		const {plan} = await propose('96mb');
		runRedisCli(server, ...change);
		const before = maxmemory();
		const checks = await action.preflight(plan, fixture.actionContext());
		expect(checks[0]).toEqual({label: 'the server', result: 'block', detail, conflict: true});
		let failed: unknown;
		const commands = await countCommandsDuring(server, async () => {
			failed = await refused(action.run(plan, fixture.actionContext()));
		});
		expect(failed).toMatchObject({kind: 'conflict'});
		expect(commands['config|set']).toBeUndefined();
		expect(maxmemory()).toBe(before);
	});

	test('when the server was restarted, the plan is stale, and so is the undo', async () => {
		const {plan} = await propose('96mb');
		const receipt = await action.run(plan, fixture.actionContext());
		Object.assign(server, await restartRedis(server));
		await fixture.read('redis.server').catch(() => undefined);
		expect((await action.preflight(plan, fixture.actionContext()))[0]).toMatchObject({
			conflict: true,
			detail: 'the server was restarted since',
		});
		expect(await refused(action.run(plan, fixture.actionContext()))).toMatchObject({kind: 'conflict'});
		expect(await refused(action.preview(rows, {size: '96mb'}, fixture.actionContext()))).toMatchObject({
			kind: 'conflict',
		});
		expect(await action.verify(plan, receipt, fixture.actionContext())).toMatchObject({result: 'ineffective'});
		if ('impossible' in action.undo) throw new Error('it can be undone');
		expect(await refused(action.undo.propose(plan, receipt, fixture.actionContext()))).toMatchObject({
			kind: 'conflict',
		});
	});

	test('when another client has changed it since, the undo is refused', async () => {
		const {plan} = await propose('96mb');
		const receipt = await action.run(plan, fixture.actionContext());
		runRedisCli(server, 'CONFIG', 'SET', 'maxmemory', '50mb');
		if ('impossible' in action.undo) throw new Error('it can be undone');
		expect(await refused(action.undo.propose(plan, receipt, fixture.actionContext()))).toMatchObject({
			kind: 'conflict',
			message: 'maxmemory is 50mb now, not the 96mb that was set',
		});
	});

	test('a read-only connection does not change it', async () => {
		const watching = await openRedis(settingsFor(server, server.logins.default), {readOnly: true});
		const {plan} = await propose('96mb');
		const failed = await refused(action.run(plan, watching.actionContext()));
		expect(failed).toBeInstanceOf(AdapterError);
		expect(failed).toMatchObject({kind: 'denied'});
		expect(maxmemory()).toBe(64 * mebibyte);
		await watching.connection.close();
	});
});

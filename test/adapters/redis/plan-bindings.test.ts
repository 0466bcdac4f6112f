import type {Redis} from 'ioredis';
import {afterAll, beforeAll} from 'vitest';
import {redisSystem} from '../../../adapters/redis/system.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {RedisClientRow} from '../../../src/model/redis/redis-client.ts';
import type {RedisPort} from '../../../src/port/redis.ts';
import {describeRedis} from '../../estate/describe-server.ts';
import {restartRedis} from '../../estate/redis.ts';
import {type BindingCases, planBindingTests, type ShownPlan} from '../plan-bindings.ts';
import {
	connectClient,
	openRedis,
	readInfoField,
	runRedisCli,
	settingsFor,
	startDedicatedRedis,
} from './redis-fixture.ts';

const mebibyte = 1024 ** 2;
const login = {user: 'acting', password: 'acting'};

type Plan = Readonly<Record<string, unknown>>;
/** Changes one fact; resolves with another plan where the world cannot be made to show it. */
type Change = (scene: {readonly client: Redis; readonly other: Redis; readonly plan: Plan}) => Promise<unknown>;

describeRedis('redis', 'what a plan is bound to', estate => {
	let server: Awaited<ReturnType<typeof startDedicatedRedis>>;
	beforeAll(async () => {
		server = await startDedicatedRedis(estate, 'bindings', ['maxmemory 64mb', 'maxmemory-policy allkeys-lru']);
	});
	afterAll(() => server.end());

	const cli = (...words: readonly string[]) => runRedisCli(server, ...words);
	const allow = () => cli('ACL', 'SETUSER', login.user, 'reset', 'on', `>${login.password}`, '~*', '&*', '+@all');
	const restart = async () => {
		Object.assign(server, await restartRedis(server));
		allow();
	};

	/** A plan of either action, with a client of its own to kill, of a user of its own to act as. */
	const shown =
		(change: Change) =>
		async (action: Action<Row, RedisPort>): Promise<ShownPlan<RedisPort>> => {
			cli('FLUSHALL');
			cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
			cli('CONFIG', 'SET', 'maxmemory', '64mb');
			allow();
			const fixture = await openRedis(settingsFor(server, login));
			const client = await connectClient(server, 'victim');
			const other = await connectClient(server, 'other');
			const isKill = action.id === 'redis.kill-client';
			const rows = isKill
				? (await fixture.read<RedisClientRow>('redis.client')).rows.filter(({name}) => name === 'victim')
				: (await fixture.read('redis.server')).rows;
			const {plan} = await action.preview(rows, {size: '32mb'}, fixture.actionContext());
			let current: unknown = plan;
			const runId = readInfoField(server, 'run_id');
			const ids = await Promise.all([client, other].map(one => one.client('ID')));
			return {
				plan: () => current,
				context: fixture.actionContext(),
				async change() {
					current = (await change({client, other, plan: plan as Plan})) ?? plan;
					// After a restart the first read finds the connection broken.
					await fixture.read('redis.server').catch(() => undefined);
				},
				async wasApplied() {
					if (!isKill) return Number(readInfoField(server, 'maxmemory')) === 32 * mebibyte;
					const there = cli('CLIENT', 'LIST');
					const isRestarted = readInfoField(server, 'run_id') !== runId;
					return !isRestarted && ids.some(id => !there.includes(`id=${id} `));
				},
				async cleanUp() {
					for (const one of [client, other]) one.disconnect();
					await fixture.connection.close();
					cli('REPLICAOF', 'NO', 'ONE');
				},
			};
		};

	/** What a change brings about without another plan. */
	const done =
		(work: (scene: {readonly client: Redis}) => unknown): Change =>
		async scene => {
			await work(scene);
			return undefined;
		};

	const cases: BindingCases<RedisPort> = {
		'redis.set-maxmemory': {
			maxmemory: shown(done(() => cli('CONFIG', 'SET', 'maxmemory', '70mb'))),
			'eviction policy': shown(done(() => cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction'))),
			'the run of the server': shown(done(restart)),
			role: shown(done(() => cli('REPLICAOF', '127.0.0.1', '1'))),
			'whether keys are evicted or writes refused at once': shown(
				done(() => cli('DEBUG', 'POPULATE', '40000', 'fill', '1000')),
			),
			'whether midwatch may set it': shown(done(() => cli('ACL', 'SETUSER', login.user, '-config|set'))),
		},
		'redis.kill-client': {
			'id and address': shown(async ({other, plan}) => ({...plan, id: await other.client('ID')})),
			user: shown(done(({client}) => client.call('AUTH', server.logins.noscan.user, server.logins.noscan.password))),
			name: shown(done(({client}) => client.call('CLIENT', 'SETNAME', 'somebody-else'))),
			'whether it is a client, a replica, a primary or a MONITOR': shown(done(({client}) => client.call('MONITOR'))),
			'the run of the server': shown(done(restart)),
			'whether midwatch may kill it': shown(done(() => cli('ACL', 'SETUSER', login.user, '-client|kill'))),
		},
	};
	planBindingTests(redisSystem.actions as readonly Action<Row, RedisPort>[], cases);
});

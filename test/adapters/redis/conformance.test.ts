import {Redis} from 'ioredis';
import {beforeAll} from 'vitest';
import {redisSystem} from '../../../adapters/redis/system.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {Target} from '../../../src/contract/target.ts';
import {defaultSamplerBudget, type RedisSettings} from '../../../src/port/redis.ts';
import {describeRedis} from '../../estate/describe-server.ts';
import type {Login, RedisServer} from '../../estate/estate-record.ts';
import {infoField, redisOptions, sendCommand} from '../../estate/redis.ts';
import {conformanceTests} from '../conformance.ts';
import type {ActionCase} from '../conformance-subject.ts';

function target(server: RedisServer, at: {readonly host: string; readonly port: number}): Target<RedisSettings> {
	const {user, password} = least;
	return {
		name: server.name,
		kind: 'redis',
		production: true,
		settings: {
			host: at.host,
			port: at.port,
			db: 0,
			username: user,
			password: {source: 'the estate', reveal: async () => password},
			tls: server.tls ? {ca: server.tls.ca} : undefined,
			sampler: {...defaultSamplerBudget, timeMs: 500},
		},
	};
}

/** A user that was made by the lines of `midwatch doctor --grants`. */
const least: Login = {user: 'mw-least', password: 'conformance-least'};

async function makeLeast(server: RedisServer): Promise<void> {
	await sendCommand(server, ['ACL', 'DELUSER', least.user]);
	const grants = redisSystem.grants?.(target(server, server), undefined);
	for (const line of [...(grants?.forReading ?? []), ...(grants?.forActions ?? [])]) {
		if (!line.startsWith('#')) await sendCommand(server, line.split(' '));
	}
	await sendCommand(server, ['ACL', 'SETUSER', least.user, `>${least.password}`]);
}

/** An application's connection, by the name it has given itself. */
async function application(server: RedisServer, name: string) {
	const client = new Redis({...redisOptions(server), connectionName: name});
	client.on('error', () => {});
	await client.connect();
	const id = String(await client.call('CLIENT', 'ID'));
	return {
		client,
		isThere: async () => String(await sendCommand(server, ['CLIENT', 'LIST', 'ID', id])).includes(`id=${id} `),
		end: async () => client.disconnect(),
	};
}

/** Calls that change keys or the server, by everyone, since it started. */
async function writes(server: RedisServer): Promise<number> {
	const names = (await sendCommand(server, ['COMMAND', 'LIST', 'FILTERBY', 'ACLCAT', 'write'])) as string[];
	const changing = new Set([
		...names,
		...['config|set', 'config|resetstat', 'config|rewrite', 'client|kill', 'client|pause', 'slowlog|reset'],
	]);
	const stats = String(await sendCommand(server, ['INFO', 'commandstats']));
	let calls = 0;
	for (const [, name = '', count] of stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
		if (changing.has(name)) calls += Number(count);
	}
	return calls;
}

async function busy(server: RedisServer) {
	const app = await application(server, 'conformance-busy');
	const keys = Array.from({length: 500}, (_, index) => `conformance:${index}`);
	if (server.replicaOf === undefined) for (const key of keys) await app.client.set(key, 'x'.repeat(200));
	await sendCommand(server, ['CONFIG', 'SET', 'slowlog-log-slower-than', '0']);
	await app.client.ping();
	await sendCommand(server, ['CONFIG', 'SET', 'slowlog-log-slower-than', '1000']);
	return {
		steady: (row: Row) =>
			row.kind === 'redis.server' ||
			('name' in row && row.name === 'conformance-busy') ||
			('prefix' in row && row.prefix === 'conformance:*'),
		async end() {
			if (server.replicaOf === undefined) await app.client.del(...keys);
			await app.end();
		},
	};
}

/** The limit of memory, which somebody else sets to a third value when it has to move. */
async function limit(server: RedisServer): Promise<ActionCase> {
	const maxmemory = async () => infoField(await sendCommand(server, ['INFO', 'memory']), 'maxmemory');
	const set = (value: string) => sendCommand(server, ['CONFIG', 'SET', 'maxmemory', value]);
	const before = await maxmemory();
	return {
		params: {size: '96mb'},
		isTarget: row => row.kind === 'redis.server',
		changeServer: async () => void (await set('80mb')),
		isApplied: async () => (await maxmemory()) === String(96 * 1024 * 1024),
		cleanUp: async () => void (await set(before)),
	};
}

/** A client, which becomes another user when it has to move. */
async function connected(server: RedisServer): Promise<ActionCase> {
	const app = await application(server, 'conformance-scene');
	return {
		params: {},
		isTarget: row => 'name' in row && row.name === 'conformance-scene',
		changeServer: async () =>
			void (await app.client.call('AUTH', server.logins.noscan.user, server.logins.noscan.password)),
		isApplied: async () => !(await app.isThere()),
		cleanUp: app.end,
	};
}

for (const name of ['redis', 'redis-tls'] as const) {
	describeRedis(name, 'conformance', server => {
		beforeAll(() => makeLeast(server));
		conformanceTests({
			hasLeastGrants: true,
			system: redisSystem,
			server,
			target: at => target(server, at),
			generateLoad: () => busy(server),
			actionCases: {'redis.set-maxmemory': () => limit(server), 'redis.kill-client': () => connected(server)},
			testsConnectionFaults: true,
			recoversOnNextRead: true,
			countWrites: () => writes(server),
		});
	});
}

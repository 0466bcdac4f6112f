import type {Context} from '../../src/contract/context.ts';
import {defineSystem} from '../../src/contract/define.ts';
import type {Target} from '../../src/contract/target.ts';
import {classifyChannel} from '../../src/model/channel-security.ts';
import {redisFindingTypes} from '../../src/model/redis/redis-finding-types.ts';
import type {RedisPort, RedisSettings} from '../../src/port/redis.ts';
import {systemClock} from '../../src/time/clock.ts';
import {clientsSource} from './clients.ts';
import {inspectClient} from './inspect-client.ts';
import {inspectClients} from './inspect-clients.ts';
import {inspectKeys} from './inspect-keys.ts';
import {inspectMemory} from './inspect-memory.ts';
import {inspectSlowLog} from './inspect-slow-log.ts';
import {killClient} from './kill-client.ts';
import {redisLeastGrants} from './least-grants.ts';
import {prefixesSource} from './prefix.ts';
import {serverSource} from './server.ts';
import {setMaxmemory} from './set-maxmemory.ts';

async function connect(target: Target<RedisSettings>, options: {readonly readOnly: boolean}) {
	const {createRedisClient} = await import('./client.ts');
	const settings = target.settings;
	const {host, port} = settings;
	const client = createRedisClient(settings, options);
	return {
		port: client.port,
		async identify(context: Context) {
			// The first read also connects, so the latency is that of the second.
			const info = await client.port.info(context);
			const began = systemClock.monotonic();
			const who = await client.whoami(context);
			const latencyMs = systemClock.monotonic() - began;
			const channel = classifyChannel([host], settings.tls === undefined ? 'none' : 'verified');
			const server = {host, port, ...(info.runId === '' ? {} : {id: info.runId})};
			return {version: `${info.server} ${info.version}`, who, latencyMs, channel, server};
		},
		permissions: (context: Context) => client.port.readPermissions(context),
		close: async () => client.close(),
	};
}

/** Redis 6.2 and newer, and Valkey: memory, keys and clients. */
export const redisSystem = defineSystem<RedisPort, RedisSettings>({
	kind: 'redis',
	title: 'Redis',
	sources: [serverSource, prefixesSource, clientsSource],
	actions: [setMaxmemory, killClient],
	inspections: [inspectMemory, inspectSlowLog, inspectClients, inspectKeys, inspectClient],
	findingTypes: redisFindingTypes,
	loadConfig: async () => (await import('./config/redis-config.ts')).redisConfig,
	describeAddress({host, port, username, tls, replica}) {
		const sampled = replica === undefined ? '' : `, keys read from ${replica.host}:${replica.port}`;
		return `${host}:${port} as ${username ?? 'default'}, ${tls === undefined ? 'no TLS' : 'TLS'}${sampled}`;
	},
	serverAddress: ({host, port}) => [{host, port}],
	readAttributes: ({host, port, replica}) => ({
		endpoints: [{host, port}, ...(replica === undefined ? [] : [replica])],
	}),
	grants: redisLeastGrants,
	connect,
});

import {expect, test} from 'vitest';
import {requiredServers} from './required-servers.ts';
import {serverStarters} from './server-starters.ts';

test('a file without servers needs none', () => {
	expect(requiredServers(['test/src/time/clock.test.ts', 'test/demo/redis.test.ts'])).toEqual([]);
});

test('a file needs the servers that it names', () => {
	expect(requiredServers(['test/adapters/redis/conformance.test.ts'])).toEqual(['redis', 'redis-tls']);
	expect(requiredServers(['test/adapters/redis/replication.test.ts'])).not.toContain('postgres-15');
	expect(requiredServers(['test/e2e/systems/kafka-moves.test.ts'])).toEqual(['kafka-cluster']);
});

test('a file that loops over versions needs each of them', () => {
	const versions = ['postgres-15', 'postgres-13', 'postgres-16', 'postgres-18'];
	expect(requiredServers(['test/adapters/postgres/roles.test.ts'])).toEqual(versions);
});

test('Prometheus needs the exporters that it scrapes', () => {
	expect(requiredServers(['test/adapters/prometheus/ad-hoc-queries.test.ts'])).toEqual(
		expect.arrayContaining(['prometheus', 'node-exporter', 'redis-exporter']),
	);
});

test('the tests of the estate itself need nearly all', () => {
	const required = requiredServers(['test/estate/estate.test.ts']);
	expect(required.length).toBeGreaterThan(serverStarters.length / 2);
});

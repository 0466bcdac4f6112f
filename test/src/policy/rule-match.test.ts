import {describe, expect, test} from 'vitest';
import type {TargetAttributes} from '../../../src/contract/target-attributes.ts';
import {normalHost, type RuleMatch, ruleMatches} from '../../../src/policy/rule-match.ts';
import {globMatches} from '../../../src/text/glob.ts';

describe('a pattern', () => {
	test.each([
		['*', '', true],
		['*', 'anything', true],
		['*.prod.example', 'db1.prod.example', true],
		['*.prod.example', 'a.b.prod.example', true],
		['*.prod.example', 'prod.example', false],
		['db*', 'db', true],
		['db*.in*al', 'db1.internal', true],
		['db*.in*al', 'db1.internals', false],
		['db1', 'db12', false],
		['db1', 'db', false],
	])('%s and %s: %s', (pattern, text, matches) => {
		expect(globMatches(pattern, text)).toBe(matches);
	});

	test('with many stars fails fast on a text that it almost matches', () => {
		expect(globMatches(`${'*a'.repeat(200)}b`, 'a'.repeat(20_000))).toBe(false);
	});
});

test.each([
	['DB1.Prod.Example.', 'db1.prod.example'],
	['127.1', '127.0.0.1'],
	['0x7f000001', '127.0.0.1'],
	['10.0.0.07', '10.0.0.7'],
	['[2001:DB8:0:0::1]', '2001:db8::1'],
	['::ffff:10.0.0.7', '10.0.0.7'],
	['fe80::1%eth0', 'fe80::1'],
	['bücher.example', 'xn--bcher-kva.example'],
	['/var/run/postgresql', '/var/run/postgresql'],
])('%s is the host %s', (written, host) => {
	expect(normalHost(written)).toBe(host);
});

const postgres: TargetAttributes = {
	kind: 'postgres',
	endpoints: [
		{host: 'db1.prod.example', port: 5432},
		{host: 'db2.prod.example', port: 5433},
	],
	database: 'orders',
};
const redis: TargetAttributes = {kind: 'redis', endpoints: [{host: '127.0.0.1', port: 6379}]};
const socket: TargetAttributes = {
	kind: 'postgres',
	endpoints: [{host: '/var/run/postgresql', port: 5432}],
	database: 'orders',
};
const cluster: TargetAttributes = {
	kind: 'kubernetes',
	endpoints: [{host: 'api.prod.example', port: 6443}],
	cluster: {context: 'prod-eu'},
};
const unread: TargetAttributes = {kind: 'kubernetes', endpoints: 'unknown', cluster: 'unknown'};
const via: TargetAttributes = {kind: 'prometheus', endpoints: 'unknown', cluster: {context: 'prod-eu'}};

describe('a rule', () => {
	test.each<[string, RuleMatch, TargetAttributes, boolean]>([
		['of a system', {kind: ['redis', 'postgres']}, postgres, true],
		['of another system', {kind: ['redis']}, postgres, false],
		['of any of its hosts', {host: ['db2.prod.example']}, postgres, true],
		['of hosts by a pattern', {host: ['*.PROD.example.']}, postgres, true],
		['of another host', {host: ['db3.prod.example', '*.staging.example']}, postgres, false],
		['of host and port', {host: ['db2.prod.example'], port: [5433]}, postgres, true],
		['of a host and the port of another one', {host: ['db1.prod.example'], port: [5433]}, postgres, false],
		['of a port', {port: [5433]}, postgres, true],
		['of another port', {port: [6432]}, postgres, false],
		['of a system only, which has no endpoint', {kind: ['redis']}, {...redis, endpoints: []}, true],
		['of a database', {database: ['ord*']}, postgres, true],
		['of one of several databases', {database: ['billing', 'orders']}, postgres, true],
		['of a database in another case', {database: ['Orders']}, postgres, false],
		['of a database, where there is none', {database: ['*']}, redis, false],
		['of this machine by another name', {host: ['localhost']}, redis, true],
		['of this machine, by its socket', {host: ['127.0.0.1']}, socket, true],
		['of the socket', {host: ['/var/run/postgresql']}, socket, true],
		['of an API server', {kind: ['kubernetes'], host: ['api.prod.example']}, cluster, true],
		['of a context', {cluster: ['prod-*']}, cluster, true],
		['of one of several contexts', {cluster: ['staging', 'prod-*']}, cluster, true],
		['of another context', {cluster: ['staging']}, cluster, false],
		['of a context, where there is none', {cluster: ['*']}, postgres, false],
		['of a host, while none is known', {host: ['elsewhere.example'], port: [1]}, unread, true],
		['of a context, while none is known', {cluster: ['elsewhere']}, unread, true],
		['of another system, while nothing is known', {kind: ['redis'], host: ['elsewhere']}, unread, false],
		['of a host, behind a cluster', {host: ['prometheus.prod.example']}, via, true],
		['of that cluster', {cluster: ['prod-eu']}, via, true],
		['of another cluster', {cluster: ['staging']}, via, false],
	])('%s', (_, match, attributes, matches) => {
		expect(ruleMatches(match, attributes)).toBe(matches);
	});
});

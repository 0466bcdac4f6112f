import {describe, expect, test} from 'vitest';
import type {Severity} from '../../../../src/contract/row.ts';
import {
	clientFindings,
	clientRow,
	compareClients,
	heaviestClient,
	outputCritBytes,
	outputWarnBytes,
} from '../../../../src/model/redis/redis-client.ts';
import type {RedisClientLine} from '../../../../src/port/redis.ts';

const mebibyte = 1024 ** 2;

const line = (change: Partial<RedisClientLine> = {}): RedisClientLine => ({
	id: 42,
	address: '10.0.0.7:5121',
	name: 'worker',
	user: 'app',
	ageSeconds: 60,
	idleSeconds: 0,
	db: 0,
	flags: 'N',
	command: 'get',
	outputBytes: 0,
	queryBytes: 26,
	totalBytes: 20_000,
	subscriptions: 0,
	...change,
});
const roomy = {usedMemoryBytes: 2 * 1024 ** 3, maxmemoryBytes: 4 * 1024 ** 3};
const row = (change: Partial<RedisClientLine> = {}, memory = roomy, before?: Severity) =>
	clientRow(line(change), {target: 'r', own: [7], mayKill: undefined, memory, before: () => before});

describe('a client', () => {
	test('is identified by its id and address: ids start again when the server restarts', () => {
		expect(row().id).toBe('42@10.0.0.7:5121');
	});

	test.each([
		[{id: 7}, 'own'],
		[{flags: 'M'}, 'primary'],
		[{flags: 'S'}, 'replica'],
		[{flags: 'O'}, 'monitor'],
		[{flags: 'P'}, 'subscriber'],
		[{subscriptions: 2}, 'subscriber'],
		[{flags: 'b'}, 'blocked'],
		[{}, 'client'],
	] as const)('%j is %s', (change, role) => {
		expect(row(change).role).toBe(role);
	});

	test.each([
		[{outputBytes: outputWarnBytes - 1}, 'ok', undefined],
		[{outputBytes: outputWarnBytes}, 'warn', '32Mi wait to be read by it'],
		[{outputBytes: outputCritBytes}, 'crit', '128Mi wait to be read by it'],
		[{flags: 'O'}, 'warn', 'MONITOR slows the server down'],
	] as const)('%j is %s', (change, severity, why) => {
		expect(row(change)).toMatchObject({severity, ...(why === undefined ? {} : {why})});
	});

	test.each([
		['a quarter of maxmemory', {usedMemoryBytes: 200, maxmemoryBytes: 64}, 16, 'crit'],
		['less than that', {usedMemoryBytes: 200, maxmemoryBytes: 65}, 16, 'ok'],
		['half of used memory', {usedMemoryBytes: 80, maxmemoryBytes: 0}, 40, 'crit'],
		['less than that', {usedMemoryBytes: 81, maxmemoryBytes: 0}, 40, 'warn'],
		['all of a server that holds nothing else, and small', {usedMemoryBytes: 15, maxmemoryBytes: 15}, 15, 'ok'],
	] as const)('whose output is %s: %j, %s MiB is %s', (_, {usedMemoryBytes, maxmemoryBytes}, output, severity) => {
		const memory = {usedMemoryBytes: usedMemoryBytes * mebibyte, maxmemoryBytes: maxmemoryBytes * mebibyte};
		const client = row({outputBytes: output * mebibyte}, memory);
		expect(client.severity).toBe(severity);
		expect(clientFindings([client]).map(one => one.severity)).toEqual(severity === 'ok' ? [] : [severity]);
	});
});

test('clients are in order of what is wrong, then waiting answers, memory and age', () => {
	const rows = [
		row({id: 1, ageSeconds: 10}),
		row({id: 2, outputBytes: outputCritBytes}),
		row({id: 3, flags: 'O'}),
		row({id: 4, totalBytes: 90_000}),
		row({id: 5, ageSeconds: 900}),
	];
	expect(rows.toSorted(compareClients).map(({clientId}) => clientId)).toEqual([2, 3, 4, 5, 1]);
});

test('the heaviest is the one that holds most, of those that may be killed', () => {
	const lines = [
		line({id: 1, totalBytes: 900, address: '10.0.0.8:1'}),
		line({id: 2, totalBytes: undefined, outputBytes: 5000, queryBytes: 26}),
		line({id: 7, totalBytes: 90_000}),
		line({id: 8, totalBytes: 90_000, flags: 'S'}),
		line({id: 9, totalBytes: 90_000, flags: 'M'}),
	];
	expect(heaviestClient(lines, [7])).toEqual({
		rowId: row({id: 2}).id,
		clientId: 2,
		title: 'worker, 10.0.0.7:5121',
		bytes: 5026,
	});
	expect(heaviestClient(lines.slice(2), [7])).toBeUndefined();
});

test('findings name the client, what it holds and what helps', () => {
	const findings = clientFindings([row(), row({outputBytes: 210 * 1024 ** 2}), row({id: 9, name: '', flags: 'O'})]);
	expect(findings.map(({severity, sentence, actions}) => [severity, sentence, actions])).toEqual([
		[
			'crit',
			'client 42 (worker, 10.0.0.7:5121) does not read its replies: 210Mi are buffered for it',
			['redis.kill-client'],
		],
		['warn', 'client 9 (10.0.0.7:5121) runs MONITOR: every command is sent to it', ['redis.kill-client']],
	]);
});

test('a finding about a client opens its row, and one that runs MONITOR and reads too slowly is about its output', () => {
	const [monitor, slow] = clientFindings([
		row({id: 9, flags: 'O', outputBytes: 15 * mebibyte}),
		row({id: 10, flags: 'O', outputBytes: 40 * mebibyte}),
	]);
	expect(monitor).toMatchObject({type: 'redis.client-monitors', row: {kind: 'redis.client', id: '9@10.0.0.7:5121'}});
	expect(monitor?.evidence).toContain('flags=O in CLIENT LIST');
	expect(slow).toMatchObject({type: 'redis.client-output-large', row: {kind: 'redis.client', id: '10@10.0.0.7:5121'}});
	expect(slow?.evidence[0]).toContain(`omem ${40 * mebibyte}`);
	expect(slow?.sentence).toContain('does not read its replies: 40Mi');
});

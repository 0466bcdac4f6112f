import {describe, expect, test} from 'vitest';
import {clientFindings, clientRow, compareClients, outputCrit, outputWarn} from '../../../src/model/redis-client.ts';
import type {RedisClientLine} from '../../../src/port/redis.ts';

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
const row = (change: Partial<RedisClientLine> = {}) =>
	clientRow(line(change), {target: 'r', own: [7], mayKill: undefined});

describe('a client', () => {
	test('is known by its id and address together: ids begin anew when the server restarts', () => {
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
		[{outputBytes: outputWarn - 1}, 'ok', undefined],
		[{outputBytes: outputWarn}, 'warn', '32Mi wait to be read by it'],
		[{outputBytes: outputCrit}, 'crit', '128Mi wait to be read by it'],
		[{flags: 'O'}, 'warn', 'MONITOR slows the server down'],
	] as const)('%j is %s', (change, severity, why) => {
		expect(row(change)).toMatchObject({severity, ...(why === undefined ? {} : {why})});
	});
});

test('clients are in order of what is wrong, then waiting answers, memory and age', () => {
	const rows = [
		row({id: 1, ageSeconds: 10}),
		row({id: 2, outputBytes: outputCrit}),
		row({id: 3, flags: 'O'}),
		row({id: 4, totalBytes: 90_000}),
		row({id: 5, ageSeconds: 900}),
	];
	expect(rows.toSorted(compareClients).map(({clientId}) => clientId)).toEqual([2, 3, 4, 5, 1]);
});

test('findings name the client, what it holds and what helps', () => {
	const findings = clientFindings([row(), row({outputBytes: 210 * 1024 ** 2}), row({id: 9, name: '', flags: 'O'})]);
	expect(findings.map(({severity, sentence, actions}) => [severity, sentence, actions])).toEqual([
		['crit', 'client 42 (worker, 10.0.0.7:5121) does not read: 210Mi of answers wait for it', ['redis.kill-client']],
		['warn', 'client 9 (10.0.0.7:5121) runs MONITOR: every command is sent to it', ['redis.kill-client']],
	]);
});

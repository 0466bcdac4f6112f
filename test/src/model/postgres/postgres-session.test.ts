import {describe, expect, it} from 'vitest';
import {lockForest} from '../../../../src/model/postgres/postgres-locks.ts';
import {blockingSeverity, sessionRows} from '../../../../src/model/postgres/postgres-session.ts';
import type {SessionRecord, WaitRecord} from '../../../../src/port/postgres.ts';
import {sessionRecord, waitRecord} from './postgres-fixture.ts';

const rows = (sessions: readonly SessionRecord[], waits: readonly WaitRecord[] = []) =>
	sessionRows('orders-db', sessions, lockForest(waits));

const idle = {state: 'idle in transaction'} as const;

describe('sessionRows', () => {
	it.each([
		['a short statement', {}, 'ok', undefined],
		['30 s of one statement', {querySeconds: 30}, 'warn', 'runs for 30s'],
		['half an hour of it', {querySeconds: 1800}, 'crit', 'runs for 30m00s'],
		['autovacuum, however long', {querySeconds: 9000, backendType: 'autovacuum worker'}, 'ok', undefined],
		['idle in transaction for a moment', {...idle, stateSeconds: 59}, 'ok', undefined],
		['idle in transaction for a minute', {...idle, stateSeconds: 60}, 'warn', 'idle in transaction for 1m00s'],
		['idle in transaction for ten', {...idle, stateSeconds: 600}, 'crit', 'idle in transaction for 10m00s'],
		[
			'idle in a failed transaction',
			{state: 'idle in transaction (aborted)', stateSeconds: 61},
			'warn',
			'idle in transaction (aborted) for 1m01s',
		],
		[
			'a session hidden from us',
			{hidden: true, state: undefined, backendType: undefined, backendStart: undefined},
			'unknown',
			'its state is hidden from us: needs pg_read_all_stats',
		],
	] as const)('%s', (_, facts, severity, why) => {
		const [row] = rows([sessionRecord(10, facts)]);
		expect(row?.severity).toBe(severity);
		expect(row?.why).toBe(why);
	});

	it.each([
		[2.9, 'ok'],
		[3, 'warn'],
		[30, 'crit'],
	] as const)('a wait of %d s is %s', (waitSeconds, severity) => {
		const [row] = rows([sessionRecord(10)], [waitRecord(10, [4], {waitSeconds})]);
		expect(row?.severity).toBe(severity);
		expect(row?.roots).toEqual([4]);
	});

	it('uses the age of the statement where the server does not report the wait', () => {
		const [row] = rows([sessionRecord(10, {querySeconds: 42})], [waitRecord(10, [4], {waitSeconds: undefined})]);
		expect(row?.wait?.seconds).toBe(42);
		expect(row?.why).toBe('waits 42s for pid 4');
	});

	it('shows the sessions that it blocks beside its own problem', () => {
		const blocker = sessionRecord(4, {...idle, stateSeconds: 372, transactionSeconds: 373});
		const [root, middle, last] = rows(
			[blocker, sessionRecord(10), sessionRecord(11)],
			[waitRecord(10, [4], {waitSeconds: 40}), waitRecord(11, [10], {waitSeconds: 8})],
		);
		expect(root).toMatchObject({
			severity: 'crit',
			why: 'idle in transaction for 6m12s, 2 sessions wait for it',
			blocks: 2,
			blocksSeconds: 40,
			ageSeconds: 372,
			roots: [],
		});
		expect([middle?.blocks, last?.blocks]).toEqual([1, 0]);
	});

	it('shows an idle session that holds a lock as blocking', () => {
		const [root] = rows(
			[sessionRecord(4, {state: 'idle', stateSeconds: 90}), sessionRecord(10)],
			[waitRecord(10, [4], {lockType: 'advisory'})],
		);
		expect(root).toMatchObject({severity: 'warn', why: '1 session waits for it'});
	});

	it('counts a waiting session that is not in the list, and names a prepared transaction', () => {
		const [root] = rows([sessionRecord(4)], [waitRecord(99, [4], {waitSeconds: 12})]);
		expect(root).toMatchObject({blocks: 1, blocksSeconds: 12});
		const [waiter] = rows([sessionRecord(10)], [waitRecord(10, [0], {waitSeconds: 12})]);
		expect(waiter?.why).toBe('waits 12s for a prepared transaction');
	});

	it('identifies a session by its pid and its start to the microsecond', () => {
		expect(rows([sessionRecord(10)])[0]?.id).toBe('10@2026-11-21 12:00:00.000010+00');
	});
});

describe('blockingSeverity', () => {
	it.each([
		[0, 0, 'ok'],
		[1, 2.9, 'ok'],
		[1, 3, 'warn'],
		[9, 29, 'warn'],
		[10, 3, 'crit'],
		[10, 2, 'ok'],
		[1, 30, 'crit'],
	] as const)('%d waiting, the longest %d s: %s', (count, seconds, severity) => {
		expect(blockingSeverity(count, seconds)).toBe(severity);
	});
});

import {describe, expect, it} from 'vitest';
import {sessionFindings} from '../../../../src/model/postgres/postgres-findings.ts';
import type {PostgresGauge} from '../../../../src/model/postgres/postgres-health.ts';
import {lockForest} from '../../../../src/model/postgres/postgres-locks.ts';
import {sessionRows} from '../../../../src/model/postgres/postgres-session.ts';
import type {SessionRecord, WaitRecord} from '../../../../src/port/postgres.ts';
import {sessionRecord, waitRecord} from './postgres-fixture.ts';

const now = Date.UTC(2026, 10, 21, 14, 5, 22);

const find = (
	sessions: readonly SessionRecord[],
	waits: readonly WaitRecord[] = [],
	gauges: readonly PostgresGauge[] = [],
) =>
	sessionFindings(
		{rows: sessionRows('orders-db', sessions, lockForest(waits)), gauges, omitted: 0, notes: []},
		undefined,
		{target: 'orders-db', now},
	);

const idleBlocker = sessionRecord(4411, {state: 'idle in transaction', stateSeconds: 372, transactionSeconds: 373});

describe('blocked sessions', () => {
	it('are one finding under the session they all wait for', () => {
		const pids = Array.from({length: 14}, (_, index) => 5000 + index);
		const waits = pids.map((pid, index) =>
			waitRecord(pid, index === 0 ? [4411] : pids.slice(0, index), {waitSeconds: 242 - index}),
		);
		const found = find([idleBlocker, ...pids.map(pid => sessionRecord(pid))], waits);
		expect(found).toHaveLength(1);
		expect(found[0]).toMatchObject({
			severity: 'crit',
			sentence: '14 sessions wait for pid 4411 (idle in transaction 6m12s, app checkout)',
			since: now - 242_000,
			row: {kind: 'postgres.session', id: idleBlocker.backendStart && `4411@${idleBlocker.backendStart}`},
			actions: ['postgres.terminate'],
		});
		expect(found[0]?.evidence).toContain('waits for ShareLock on public.stock');
	});

	it('offer to cancel what still runs before ending its session', () => {
		const [found] = find(
			[sessionRecord(50, {querySeconds: 541, application: 'metabase'}), sessionRecord(60)],
			[waitRecord(60, [50])],
		);
		expect(found?.sentence).toBe('1 session waits for pid 50 (active 9m01s, app metabase)');
		expect(found?.actions).toEqual(['postgres.cancel', 'postgres.terminate']);
	});

	it('offer nothing against a worker of the server, one that is hidden, or a prepared transaction', () => {
		const worker = sessionRecord(50, {backendType: 'autovacuum worker', application: ''});
		const hidden = sessionRecord(51, {hidden: true, backendType: undefined, state: undefined, backendStart: undefined});
		const found = find(
			[worker, hidden, sessionRecord(60), sessionRecord(61), sessionRecord(62)],
			[waitRecord(60, [50]), waitRecord(61, [51]), waitRecord(62, [0])],
		);
		expect(found.map(finding => finding.actions)).toEqual([[], [], []]);
		expect(found.map(finding => finding.sentence)).toEqual([
			'1 session waits for pid 50 (autovacuum worker 1s, user app)',
			'1 session waits for pid 51 (its doings are hidden from us, app checkout)',
			'1 session waits for a prepared transaction',
		]);
	});

	it('are reported once, under the oldest of several blockers', () => {
		const found = find(
			[sessionRecord(1, {transactionSeconds: 5}), sessionRecord(2, {transactionSeconds: 500}), sessionRecord(9)],
			[waitRecord(9, [1, 2])],
		);
		expect(found).toHaveLength(1);
		expect(found[0]?.sentence).toBe('1 session waits for pid 2 (active 1s, app checkout) and 1 more');
	});

	it('are no finding while they wait only briefly', () => {
		expect(find([sessionRecord(1), sessionRecord(2)], [waitRecord(2, [1], {waitSeconds: 0.4})])).toEqual([]);
	});
});

describe('sessions', () => {
	it('that idle in a transaction are folded into one, at the worst', () => {
		const idle = (pid: number, stateSeconds: number) =>
			sessionRecord(pid, {state: 'idle in transaction', stateSeconds});
		const found = find([idle(1, 61), idle(2, 700), idle(3, 59)]);
		expect(found).toHaveLength(1);
		expect(found[0]).toMatchObject({
			id: 'idle-in-transaction',
			severity: 'crit',
			sentence: '2 sessions idle in transaction for 11m40s, the longest is pid 2, app checkout',
			actions: ['postgres.terminate'],
			since: now - 700_000,
			row: {kind: 'postgres.session', id: `2@${idle(2, 0).backendStart}`},
		});
		expect(found[0]?.evidence).toEqual([expect.stringMatching(/^pid 2: ./), expect.stringMatching(/^pid 1: ./)]);
	});

	it('without a name of the application are named by their pid only, and five are evidence', () => {
		const idle = Array.from({length: 7}, (_, pid) =>
			sessionRecord(pid + 1, {state: 'idle in transaction', stateSeconds: 100 + pid, application: ''}),
		);
		const [found] = find(idle);
		expect(found?.sentence).toMatch(/the longest is pid 7$/);
		expect(found?.evidence).toHaveLength(5);
	});

	it('that run one statement for more than five minutes are long-running, as the guides say', () => {
		expect(find([sessionRecord(1, {querySeconds: 299})])).toEqual([]);
		expect(find([sessionRecord(1, {querySeconds: 300})])[0]).toMatchObject({
			id: 'long-statement',
			severity: 'warn',
			sentence: 'pid 1 running one statement for 5m00s, app checkout',
			actions: ['postgres.cancel'],
		});
		expect(find([sessionRecord(1, {querySeconds: 1800})])[0]?.severity).toBe('crit');
	});

	it('that wait for a lock are not long-running: what they wait for is', () => {
		const found = find(
			[idleBlocker, sessionRecord(2, {querySeconds: 400})],
			[waitRecord(2, [4411], {waitSeconds: 400})],
		);
		expect(found.map(({id}) => id)).toEqual([`blocked:4411@${idleBlocker.backendStart}`]);
	});
});

describe('gauges', () => {
	const gauge = (id: PostgresGauge['id'], facts: Partial<PostgresGauge>): PostgresGauge => ({
		id,
		label: id,
		value: 0,
		unit: 'count',
		severity: 'warn',
		...facts,
	});

	it.each([
		[gauge('connections', {value: 188, limit: 197}), '188 of 197 connections are taken, 95 %'],
		[
			gauge('replication-lag', {value: 41, unit: 'seconds', text: 'replica-1, 74Mi behind'}),
			'replication is 41s behind: replica-1, 74Mi behind',
		],
		[
			gauge('replication-lag', {value: undefined, text: 'it receives no WAL from its primary', severity: 'crit'}),
			"the standby's replication has stopped: it receives no WAL from its primary",
		],
		[
			gauge('slot-wal', {value: 2 ** 31, unit: 'bytes', text: 'slot old'}),
			'2Gi of WAL are retained for a consumer that is not connected: slot old',
		],
		[
			gauge('wraparound', {value: 1_610_612_736, limit: 2 ** 31, text: 'orders'}),
			'database orders nears transaction wraparound: age 1,610,612,736, 75 % of the limit',
		],
	])('%#', (one, sentence) => {
		const [found] = find([], [], [one]);
		expect(found).toMatchObject({id: one.id, severity: one.severity, sentence});
	});

	it('are no finding while they are ok or could not be read', () => {
		const well = gauge('connections', {severity: 'ok'});
		expect(find([], [], [well, gauge('replication-lag', {severity: 'unknown', value: undefined})])).toEqual([]);
	});
});

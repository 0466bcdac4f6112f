import {describe, expect, it} from 'vitest';
import {
	cacheHitRatio,
	connectionsSeverity,
	overviewGauges,
	replicationGauges,
} from '../../../../src/model/postgres/postgres-health.ts';
import type {OverviewRecord, ReplicationRecord} from '../../../../src/port/postgres.ts';

const overview = (facts: Partial<OverviewRecord> = {}): OverviewRecord => ({
	byState: {active: 3, idle: 40, 'idle in transaction': 2, 'idle in transaction (aborted)': 1},
	connections: 46,
	connectionLimit: 97,
	longestTransactionSeconds: 12,
	blocksHit: 0,
	blocksRead: 0,
	oldestDatabase: 'orders',
	oldestTransactionAge: 200_000_000,
	oldestMultixactAge: 7,
	...facts,
});

const replication = (facts: Partial<ReplicationRecord> = {}): ReplicationRecord => ({
	standbys: [],
	slots: [],
	ownLagSeconds: undefined,
	ownLagBytes: undefined,
	receiving: undefined,
	...facts,
});

const gaugeOf = (facts: Partial<OverviewRecord>, id: string) =>
	overviewGauges(overview(facts), undefined).find(gauge => gauge.id === id);

describe('overviewGauges', () => {
	it.each([
		[79, 'ok'],
		[80, 'warn'],
		[94, 'warn'],
		[95, 'crit'],
		[100, 'crit'],
	] as const)('%d of 100 connections are %s', (connections, severity) => {
		expect(connectionsSeverity(connections, 100)).toBe(severity);
	});

	it('counts the states apart, failed transactions among the idle ones', () => {
		const values = Object.fromEntries(overviewGauges(overview(), 0.5).map(({id, value}) => [id, value]));
		expect(values).toMatchObject({connections: 46, active: 3, idle: 40, 'idle-in-transaction': 3, 'cache-hits': 0.5});
	});

	it('does not call a transaction short that it cannot see', () => {
		const hidden = gaugeOf({byState: {hidden: 4}, longestTransactionSeconds: undefined}, 'longest-transaction');
		expect(hidden).toMatchObject({value: undefined, severity: 'unknown', text: 'hidden: needs pg_read_all_stats'});
		expect(gaugeOf({longestTransactionSeconds: undefined}, 'longest-transaction')).toMatchObject({value: 0});
	});

	it.each([
		[1_000_000_000, 0, 'ok'],
		[2 ** 30, 0, 'warn'],
		[0, 2 ** 30, 'warn'],
		[1_600_000_000, 0, 'crit'],
	] as const)('transaction age %d, multixact age %d: %s', (oldestTransactionAge, oldestMultixactAge, severity) => {
		expect(gaugeOf({oldestTransactionAge, oldestMultixactAge}, 'wraparound')?.severity).toBe(severity);
	});
});

describe('cacheHits', () => {
	const at = (blocksHit: number, blocksRead: number) => ({blocksHit, blocksRead});
	it.each([
		['no earlier read', undefined, at(9, 1), undefined],
		['nothing read in between', at(9, 1), at(9, 1), undefined],
		['counters that fell', at(900, 100), at(9, 1), undefined],
		['three of four', at(100, 100), at(103, 101), 0.75],
	] as const)('%s', (_, before, now, hits) => {
		expect(cacheHitRatio(before, now)).toBe(hits);
	});
});

describe('replicationGauges', () => {
	it('has none where nothing follows and nothing is followed', () => {
		expect(replicationGauges(replication())).toEqual([]);
	});

	it.each([
		[undefined, 0, 'ok'],
		[9, 0, 'ok'],
		[10, 0, 'warn'],
		[60, 0, 'crit'],
		[0, 64 * 2 ** 20 - 1, 'ok'],
		[0, 64 * 2 ** 20, 'warn'],
		[0, 2 ** 30, 'crit'],
	] as const)('%s s and %d bytes behind: %s', (lagSeconds, lagBytes, severity) => {
		const standbys = [{name: 'replica-1', state: 'streaming', lagSeconds, lagBytes}];
		expect(replicationGauges(replication({standbys}))[0]).toMatchObject({id: 'replication-lag', severity});
	});

	it('names the standby that is furthest behind', () => {
		const standby = (name: string, lagSeconds: number) => ({name, state: 'catchup', lagSeconds, lagBytes: 2048});
		const [gauge] = replicationGauges(replication({standbys: [standby('a', 2), standby('b', 20), standby('c', 3)]}));
		expect(gauge?.text).toBe('b, 2Ki behind, catchup');
	});

	it('does not take a standby that receives nothing for one that has caught up', () => {
		const [gauge] = replicationGauges(replication({ownLagSeconds: 0, ownLagBytes: 0, receiving: false}));
		expect(gauge).toMatchObject({value: undefined, severity: 'crit'});
	});

	it('ignores slots that are in use, and reports WAL that is retained for an unused slot', () => {
		const slot = {name: 's', active: true, walStatus: 'reserved', retainedBytes: 2 ** 40};
		expect(replicationGauges(replication({slots: [slot]}))).toEqual([]);
		expect(replicationGauges(replication({slots: [{...slot, active: false}]}))[0]).toMatchObject({
			id: 'slot-wal',
			severity: 'warn',
			text: 'slot s',
		});
		expect(replicationGauges(replication({slots: [{...slot, walStatus: 'lost'}]}))[0]?.severity).toBe('crit');
	});
});

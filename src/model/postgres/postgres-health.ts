import type {Gauge, Severity} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import type {OverviewRecord, ReplicationRecord} from '../../port/postgres.ts';
import {formatBytes} from '../../text/format.ts';
import {evaluateThreshold, type Threshold} from '../threshold.ts';

/** Shares of the connections that clients may open: max_connections without the reserved ones. */
export const connectionsThreshold: Threshold = {warn: 0.8, crit: 0.95};
export const lagSecondsThreshold: Threshold = {warn: 10, crit: 60};
export const lagBytesThreshold: Threshold = {warn: 64 * 2 ** 20, crit: 2 ** 30};
export const retainedThreshold: Threshold = {warn: 2 ** 30, crit: Number.POSITIVE_INFINITY};
export const longTransactionThreshold: Threshold = {warn: 600, crit: 3600};

/** The server stops taking writes about 3 million transactions before this. */
export const wraparoundLimit = 2 ** 31;
/**
 * Half of the limit: autovacuum freezes everything at 200 million unless something prevents it. And vacuum_failsafe_age, from which vacuum
 * skips everything else to finish in time.
 */
export const wraparoundThreshold: Threshold = {warn: 2 ** 30, crit: 1_600_000_000};

export const connectionsSeverity = (connections: number, limit: number, before?: Severity): Severity =>
	limit <= 0 ? 'crit' : evaluateThreshold(connections / limit, connectionsThreshold, before);

/** Hits of the buffer cache between two reads; undefined when there is no earlier one, nothing was read, or the counters were reset. */
export function cacheHitRatio(
	before: Pick<OverviewRecord, 'blocksHit' | 'blocksRead'> | undefined,
	now: Pick<OverviewRecord, 'blocksHit' | 'blocksRead'>,
): number | undefined {
	if (before === undefined) return undefined;
	const hit = now.blocksHit - before.blocksHit;
	const read = now.blocksRead - before.blocksRead;
	if (hit < 0 || read < 0 || hit + read === 0) return undefined;
	return hit / (hit + read);
}

export const postgresGaugeIds = [
	'connections',
	'active',
	'idle-in-transaction',
	'idle',
	'hidden',
	'longest-transaction',
	'cache-hits',
	'wraparound',
	'blocked',
	'replication-lag',
	'slot-wal',
] as const;

export type PostgresGauge = Gauge<(typeof postgresGaugeIds)[number]>;

const count = (id: PostgresGauge['id'], label: string, value: number, severity: Severity = 'ok'): PostgresGauge => ({
	id,
	label,
	value,
	unit: 'count',
	severity,
});

/** The severity of each gauge at the previous read, by its id; empty at the first read. */
export type PreviousSeverities = ReadonlyMap<string, Severity>;

const noPreviousSeverities: ReadonlyMap<string, Severity> = new Map();

export function overviewGauges(
	overview: OverviewRecord,
	hits: number | undefined,
	before: PreviousSeverities = noPreviousSeverities,
): readonly PostgresGauge[] {
	const {byState, connections, connectionLimit} = overview;
	const inState = (wanted: (state: string) => boolean) =>
		Object.entries(byState).reduce((sum, [state, n]) => (wanted(state) ? sum + n : sum), 0);
	const hidden = byState['hidden'] ?? 0;
	const longest = overview.longestTransactionSeconds;
	const age = Math.max(overview.oldestTransactionAge, overview.oldestMultixactAge);
	return [
		{
			...count(
				'connections',
				'conns',
				connections,
				connectionsSeverity(connections, connectionLimit, before.get('connections')),
			),
			limit: connectionLimit,
		},
		count(
			'active',
			'active',
			inState(state => state === 'active'),
		),
		count(
			'idle-in-transaction',
			'idle in tx',
			inState(state => state.startsWith('idle in transaction')),
		),
		count(
			'idle',
			'idle',
			inState(state => state === 'idle'),
		),
		...(hidden > 0 ? [count('hidden', 'hidden', hidden, 'unknown')] : []),
		{
			id: 'longest-transaction',
			label: 'longest tx',
			value: longest ?? (hidden > 0 ? undefined : 0),
			unit: 'seconds',
			severity:
				longest === undefined && hidden > 0
					? 'unknown'
					: evaluateThreshold(longest ?? 0, longTransactionThreshold, undefined),
			...(longest === undefined && hidden > 0 ? {text: 'hidden: needs pg_read_all_stats'} : {}),
		},
		{
			id: 'cache-hits',
			label: 'cache hits',
			value: hits,
			unit: 'ratio',
			severity: 'ok',
			...(hits === undefined ? {text: 'nothing read since the last look'} : {}),
		},
		{
			...count('wraparound', 'oldest xid', age, evaluateThreshold(age, wraparoundThreshold, before.get('wraparound'))),
			limit: wraparoundLimit,
			text: overview.oldestDatabase,
		},
	];
}

/** Empty for a server without standbys, slots and primary. */
export function replicationGauges(
	replication: ReplicationRecord,
	before: PreviousSeverities = noPreviousSeverities,
): readonly PostgresGauge[] {
	const was = before.get('replication-lag');
	const gauges: PostgresGauge[] = [];
	const lag = (seconds: number | undefined, size: number | undefined, text: string): PostgresGauge => ({
		id: 'replication-lag',
		label: 'lag',
		// The server reports no time when a standby has replayed everything.
		value: seconds ?? 0,
		unit: 'seconds',
		severity: worstSeverity([
			evaluateThreshold(seconds ?? 0, lagSecondsThreshold, was),
			evaluateThreshold(size ?? 0, lagBytesThreshold, was),
		]),
		text,
	});
	if (replication.receiving === false) {
		gauges.push({
			id: 'replication-lag',
			label: 'lag',
			value: undefined,
			unit: 'seconds',
			severity: 'crit',
			text: 'it receives no WAL from its primary',
		});
	} else if (replication.receiving === true) {
		const {ownLagSeconds, ownLagBytes} = replication;
		gauges.push(lag(ownLagSeconds, ownLagBytes, `this standby, ${formatBytes(ownLagBytes)} behind what it received`));
	}
	const visible = replication.standbys.filter(standby => standby.state !== 'hidden');
	const last = visible.toSorted(
		(a, b) => (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0) || (b.lagBytes ?? 0) - (a.lagBytes ?? 0),
	)[0];
	if (last !== undefined && replication.receiving === undefined) {
		const state = last.state === 'streaming' ? '' : `, ${last.state}`;
		gauges.push(lag(last.lagSeconds, last.lagBytes, `${last.name}, ${formatBytes(last.lagBytes)} behind${state}`));
	}
	const unused = replication.slots.filter(slot => !slot.active || slot.walStatus === 'lost');
	const slot = unused.toSorted((a, b) => (b.retainedBytes ?? 0) - (a.retainedBytes ?? 0))[0];
	if (slot !== undefined) {
		const isLosing = slot.walStatus === 'lost' || slot.walStatus === 'unreserved';
		gauges.push({
			id: 'slot-wal',
			label: 'WAL retained',
			value: slot.retainedBytes ?? 0,
			unit: 'bytes',
			severity: isLosing
				? 'crit'
				: evaluateThreshold(slot.retainedBytes ?? 0, retainedThreshold, before.get('slot-wal')),
			text: `slot ${slot.name}${isLosing ? `, ${slot.walStatus}` : ''}`,
		});
	}
	return gauges;
}

import type {Gauge, Severity} from '../contract.ts';
import type {OverviewRecord, ReplicationRecord} from '../port/postgres.ts';
import {bytes} from '../text/figures.ts';

/** Shares of what clients may open: max_connections less the reserved ones. */
export const connectionsWarn = 0.8;
export const connectionsCrit = 0.95;
export const lagWarnSeconds = 10;
export const lagCritSeconds = 60;
export const lagWarnBytes = 64 * 2 ** 20;
export const lagCritBytes = 2 ** 30;
export const retainedWarnBytes = 2 ** 30;
export const longTransactionWarnSeconds = 600;
export const longTransactionCritSeconds = 3600;

/** The server stops taking writes about 3 million transactions before this. */
export const wraparoundLimit = 2 ** 31;
/** Half way. Autovacuum should have frozen everything at 200 million, unless something holds it back. */
export const wraparoundWarn = 2 ** 30;
/** vacuum_failsafe_age: from here on vacuum drops all else to finish in time. */
export const wraparoundCrit = 1_600_000_000;

const level = (value: number, warn: number, crit: number): Severity => {
	if (value >= crit) return 'crit';
	return value >= warn ? 'warn' : 'ok';
};

export const connectionsSeverity = (connections: number, limit: number): Severity =>
	limit <= 0 ? 'crit' : level(connections / limit, connectionsWarn, connectionsCrit);

/** Hits of the buffer cache between two reads; undefined when there is no earlier one, nothing was read, or the counters were reset. */
export function cacheHits(
	before: Pick<OverviewRecord, 'blocksHit' | 'blocksRead'> | undefined,
	now: Pick<OverviewRecord, 'blocksHit' | 'blocksRead'>,
): number | undefined {
	if (before === undefined) return undefined;
	const hit = now.blocksHit - before.blocksHit;
	const read = now.blocksRead - before.blocksRead;
	if (hit < 0 || read < 0 || hit + read === 0) return undefined;
	return hit / (hit + read);
}

const count = (id: string, label: string, value: number, severity: Severity = 'ok'): Gauge => ({
	id,
	label,
	value,
	unit: 'count',
	severity,
});

export function overviewGauges(overview: OverviewRecord, hits: number | undefined): readonly Gauge[] {
	const {byState, connections, connectionLimit} = overview;
	const inState = (wanted: (state: string) => boolean) =>
		Object.entries(byState).reduce((sum, [state, n]) => (wanted(state) ? sum + n : sum), 0);
	const hidden = byState['hidden'] ?? 0;
	const longest = overview.longestTransactionSeconds;
	const age = Math.max(overview.oldestTransactionAge, overview.oldestMultixactAge);
	return [
		{
			...count('connections', 'conns', connections, connectionsSeverity(connections, connectionLimit)),
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
					: level(longest ?? 0, longTransactionWarnSeconds, longTransactionCritSeconds),
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
			...count('wraparound', 'oldest xid', age, level(age, wraparoundWarn, wraparoundCrit)),
			limit: wraparoundLimit,
			text: overview.oldestDatabase,
		},
	];
}

const lagSeverity = (seconds: number | undefined, size: number | undefined): Severity => {
	const bySize = level(size ?? 0, lagWarnBytes, lagCritBytes);
	const byTime = level(seconds ?? 0, lagWarnSeconds, lagCritSeconds);
	if (bySize === 'crit' || byTime === 'crit') return 'crit';
	return bySize === 'warn' || byTime === 'warn' ? 'warn' : 'ok';
};

/** None when nothing follows this server and it follows nobody. */
export function replicationGauges(replication: ReplicationRecord): readonly Gauge[] {
	const gauges: Gauge[] = [];
	const lag = (seconds: number | undefined, size: number | undefined, text: string): Gauge => ({
		id: 'replication-lag',
		label: 'lag',
		// The server tells no time once a standby has replayed everything.
		value: seconds ?? 0,
		unit: 'seconds',
		severity: lagSeverity(seconds, size),
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
		gauges.push(lag(ownLagSeconds, ownLagBytes, `this standby, ${bytes(ownLagBytes)} behind what it received`));
	}
	const told = replication.standbys.filter(standby => standby.state !== 'hidden');
	const worst = told.toSorted(
		(a, b) => (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0) || (b.lagBytes ?? 0) - (a.lagBytes ?? 0),
	)[0];
	if (worst !== undefined && replication.receiving === undefined) {
		const state = worst.state === 'streaming' ? '' : `, ${worst.state}`;
		gauges.push(lag(worst.lagSeconds, worst.lagBytes, `${worst.name}, ${bytes(worst.lagBytes)} behind${state}`));
	}
	const unused = replication.slots.filter(slot => !slot.active || slot.walStatus === 'lost');
	const keeps = unused.toSorted((a, b) => (b.retainedBytes ?? 0) - (a.retainedBytes ?? 0))[0];
	if (keeps !== undefined) {
		const gone = keeps.walStatus === 'lost' || keeps.walStatus === 'unreserved';
		gauges.push({
			id: 'slot-wal',
			label: 'WAL kept',
			value: keeps.retainedBytes ?? 0,
			unit: 'bytes',
			severity: gone ? 'crit' : level(keeps.retainedBytes ?? 0, retainedWarnBytes, Number.POSITIVE_INFINITY),
			text: `slot ${keeps.name}${gone ? `, ${keeps.walStatus}` : ''}`,
		});
	}
	return gauges;
}

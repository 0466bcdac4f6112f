import type {StatementRecord} from '../../src/port/postgres.ts';
import type {Scenario} from '../scenario.ts';

type Kind = {
	readonly query: string;
	readonly user: string;
	readonly callsPerSecond: number;
	readonly meanMs: number;
	readonly rows: number;
	readonly hits: number;
	/** It makes no progress while the stock table is locked. */
	readonly needsStock?: true;
};

const kinds: readonly Kind[] = [
	{
		query:
			'SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.created_at > $1 ORDER BY o.created_at DESC LIMIT $2',
		user: 'checkout',
		callsPerSecond: 212,
		meanMs: 18,
		rows: 20,
		hits: 0.97,
	},
	{
		query: 'INSERT INTO audit_log (actor, verb, object, at) VALUES ($1, $2, $3, now())',
		user: 'checkout',
		callsPerSecond: 240,
		meanMs: 2.1,
		rows: 1,
		hits: 0.999,
	},
	{
		query: 'UPDATE stock SET quantity = quantity - $1 WHERE sku = $2',
		user: 'checkout',
		callsPerSecond: 64,
		meanMs: 3.4,
		rows: 1,
		hits: 0.99,
		needsStock: true,
	},
	{
		query: 'SELECT quantity FROM stock WHERE sku = $1 FOR UPDATE',
		user: 'checkout',
		callsPerSecond: 58,
		meanMs: 1.9,
		rows: 1,
		hits: 0.99,
		needsStock: true,
	},
	{query: 'SELECT * FROM sessions WHERE token = $1', user: 'web', callsPerSecond: 812, meanMs: 0.4, rows: 1, hits: 1},
	{
		query: 'SELECT count(*) FROM orders WHERE status = $1',
		user: 'reporting',
		callsPerSecond: 1.5,
		meanMs: 410,
		rows: 1,
		hits: 0.71,
	},
	{
		query: 'UPDATE customers SET last_seen_at = now() WHERE id = $1',
		user: 'web',
		callsPerSecond: 96,
		meanMs: 1.2,
		rows: 1,
		hits: 0.99,
	},
	{
		query: 'SELECT sku, sum(quantity) FROM order_lines WHERE order_id = ANY ($1) GROUP BY sku',
		user: 'checkout',
		callsPerSecond: 44,
		meanMs: 7.5,
		rows: 6,
		hits: 0.94,
	},
	{
		query: 'DELETE FROM sessions WHERE expires_at < now()',
		user: 'web',
		callsPerSecond: 0.2,
		meanMs: 95,
		rows: 340,
		hits: 0.9,
	},
	{query: 'SELECT pg_advisory_xact_lock($1)', user: 'billing', callsPerSecond: 12, meanMs: 0.3, rows: 1, hits: 1},
	{
		query: 'INSERT INTO invoices (order_id, amount, currency) VALUES ($1, $2, $3) RETURNING id',
		user: 'billing',
		callsPerSecond: 9,
		meanMs: 4.8,
		rows: 1,
		hits: 0.98,
	},
	{
		query: 'SELECT relname, n_dead_tup FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT $1',
		user: 'monitoring',
		callsPerSecond: 0.1,
		meanMs: 22,
		rows: 10,
		hits: 1,
	},
];

/** Hours of history before the demo began, so that no total is zero. */
const lifetimeSeconds = 40 * 3600;

export type StatementCounters = {
	/** Counts what ended since the last call. */
	advance(stockIsLocked: boolean): void;
	records(database: string): readonly StatementRecord[];
	text(key: string): string | undefined;
};

export function createStatementCounters(scenario: Scenario): StatementCounters {
	const calls = kinds.map(kind => Math.round(kind.callsPerSecond * lifetimeSeconds));
	const milliseconds = kinds.map(kind => kind.callsPerSecond * lifetimeSeconds * kind.meanMs);
	const keys = kinds.map(
		(kind, index) => `${16_400 + index}/16384/${Math.floor(scenario.stableRandom(kind.query) * 1e15)}/t`,
	);
	let at = scenario.now();
	return {
		advance(stockIsLocked) {
			const now = scenario.now();
			const seconds = Math.max(0, now - at) / 1000;
			at = now;
			for (const [index, kind] of kinds.entries()) {
				if (kind.needsStock && stockIsLocked) continue;
				const rate = kind.callsPerSecond * (0.6 + 0.8 * scenario.smoothRandom(`calls ${kind.query}`, 45_000));
				const mean = kind.meanMs * (0.7 + 0.6 * scenario.smoothRandom(`mean ${kind.query}`, 70_000));
				const ended = Math.round(rate * seconds);
				calls[index] = (calls[index] ?? 0) + ended;
				milliseconds[index] = (milliseconds[index] ?? 0) + ended * mean;
			}
		},
		records(database) {
			return kinds.map((kind, index): StatementRecord => {
				const total = calls[index] ?? 0;
				const blocks = total * (kind.rows + 3);
				return {
					key: keys[index] ?? '',
					user: kind.user,
					database,
					calls: total,
					milliseconds: milliseconds[index] ?? 0,
					rows: total * kind.rows,
					blocksHit: Math.round(blocks * kind.hits),
					blocksRead: Math.round(blocks * (1 - kind.hits)),
					tempBlocksWritten: 0,
				};
			});
		},
		text: key => kinds[keys.indexOf(key)]?.query,
	};
}

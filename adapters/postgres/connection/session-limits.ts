import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {sqlLiteral} from '../../../src/text/quote.ts';
import type {TextRow} from './decode.ts';

/** The server settings of every statement of ours. A fixed date style and time zone give timestamps the same text in any session. */
export type SessionLimits = Readonly<Record<string, string>>;

export const sessionLimitsOf = (settings: Pick<PostgresSettings, 'statementTimeoutMs'>): SessionLimits => ({
	statement_timeout: `${settings.statementTimeoutMs}`,
	lock_timeout: '500',
	idle_in_transaction_session_timeout: '5000',
	default_transaction_read_only: 'on',
	search_path: 'pg_catalog',
	jit: 'off',
	datestyle: 'ISO',
	timezone: 'UTC',
	client_min_messages: 'error',
});

/** The value of the startup parameter `options`. */
export const startupOptions = (limits: SessionLimits): string =>
	Object.entries(limits)
		.map(([name, value]) => `-c ${name}=${value}`)
		.join(' ');

const timeouts = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'] as const;

const qualified = (setting: string) => `pg_catalog.current_setting('${setting}') AS ${setting}`;

/** Reads back what the startup options should have set. It reads no table, so it waits for no lock. */
export const readLimitsSql = `SELECT pg_catalog.pg_backend_pid() AS pid, ${[...timeouts, 'default_transaction_read_only', 'search_path'].map(qualified).join(', ')}`;

const unitMs: Readonly<Record<string, number>> = {ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000};

/** `500ms`, `3s`, `1min` or `0`, in milliseconds. */
function milliseconds(text: string | null | undefined): number | undefined {
	const found = /^(\d+)(ms|s|min|h|d)?$/.exec(text ?? '');
	return found === null ? undefined : Number(found[1]) * (unitMs[found[2] ?? 'ms'] ?? 1);
}

/** Whether the startup options are in force: a pooler may have dropped them. */
export const areLimitsInForce = (limits: SessionLimits, row: TextRow): boolean =>
	timeouts.every(name => milliseconds(row[name]) === Number(limits[name])) &&
	row['default_transaction_read_only'] === 'on' &&
	row['search_path'] === limits['search_path'];

/**
 * Begins a read-only transaction with its own limits and name, and reads the pid of the backend that runs it: on a pooled connection the
 * next transaction may run on another backend, and no setting may remain for the next client.
 */
export function beginSql(limits: SessionLimits, application: string): string {
	const sets = Object.entries({...limits, application_name: application}).map(
		([name, value]) => `pg_catalog.set_config('${name}', ${sqlLiteral(value).trim()}, true)`,
	);
	return `BEGIN READ ONLY; SELECT pg_catalog.pg_backend_pid() AS pid, ${sets.join(', ')}`;
}

import type {ServerRecord} from '../../src/port/postgres.ts';
import * as decode from './connection/decode.ts';
import type {PostgresConnection} from './connection/postgres-connection.ts';
import * as sql from './sql.ts';

export type ReadServerRecord = (signal: AbortSignal) => Promise<ServerRecord>;

/** Reads what the server is and what our role may do: once per connection, then from the cache. */
export function createServerRecordReader(connection: PostgresConnection): ReadServerRecord {
	let cached: {readonly generation: number; readonly server: ServerRecord} | undefined;

	return async signal => {
		if (cached !== undefined && cached.generation === connection.connectedHost?.generation) return cached.server;
		const row = decode.firstRow(await connection.query(sql.serverSql, [], signal));
		const connected = connection.connectedHost;
		const [control = {}] = await connection.query(sql.systemIdentifierSql, [], signal).catch(() => []);
		const preloaded = decode.optionalText(row, 'preloaded');
		const server: ServerRecord = {
			versionNumber: decode.requiredNumber(row, 'version_number'),
			version: decode.requiredText(row, 'version'),
			pid: connected?.pooled === true ? undefined : decode.requiredNumber(row, 'pid'),
			pooled: connected?.pooled ?? false,
			channel: connected?.channel ?? 'plain',
			user: decode.requiredText(row, 'me'),
			database: decode.requiredText(row, 'database'),
			host: connected === undefined ? '' : `${connected.host.host}:${connected.host.port}`,
			hostIndex: connected?.index ?? 0,
			systemIdentifier: decode.optionalText(control, 'id'),
			standby: decode.requiredBoolean(row, 'standby'),
			superuser: decode.requiredBoolean(row, 'superuser'),
			readsAllStats: decode.requiredBoolean(row, 'reads_all_stats'),
			signalsBackends: decode.requiredBoolean(row, 'signals_backends'),
			statementsVersion: decode.optionalText(row, 'statements_version'),
			statementsPreloaded:
				preloaded === undefined ? undefined : /(^|[ ,"/])pg_stat_statements($|[ ,"])/.test(preloaded),
		};
		// Otherwise midwatch would appear among the statements it shows.
		if (server.superuser) await connection.disableStatementTracking(signal).catch(() => {});
		if (connected !== undefined) cached = {generation: connected.generation, server};
		return server;
	};
}

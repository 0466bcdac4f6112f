import type {PostgresPort} from '../../src/port/postgres.ts';
import {parseBoundedJson} from '../../src/text/bounded-json.ts';
import {systemClock} from '../../src/time/clock.ts';
import * as decode from './connection/decode.ts';
import type {PostgresConnection} from './connection/postgres-connection.ts';
import type {ReadServerRecord} from './server-record.ts';
import * as sql from './sql.ts';

function decodeStateCounts(json: string): Record<string, number> {
	const parsed = parseBoundedJson(json);
	return Object.fromEntries(Object.entries(parsed ?? {}).map(([state, count]) => [state, Number(count)]));
}

/** The reads that describe the server rather than its sessions: version, latency, load and replication. */
export function createServerReads(
	{query}: Pick<PostgresConnection, 'query'>,
	readServer: ReadServerRecord,
): Pick<PostgresPort, 'server' | 'ping' | 'overview' | 'replication'> {
	return {
		server: ({signal}) => readServer(signal),
		async ping({signal}) {
			await readServer(signal);
			const startedAt = systemClock.monotonic();
			await query('SELECT 1', [], signal);
			return systemClock.monotonic() - startedAt;
		},
		async overview({signal}) {
			const row = decode.firstRow(await query(sql.overviewSql, [], signal));
			return {
				byState: decodeStateCounts(decode.requiredText(row, 'by_state')),
				connections: decode.requiredNumber(row, 'connections'),
				connectionLimit: decode.requiredNumber(row, 'connection_limit'),
				longestTransactionSeconds: decode.optionalNumber(row, 'longest_s'),
				blocksHit: decode.requiredNumber(row, 'hit'),
				blocksRead: decode.requiredNumber(row, 'read'),
				oldestDatabase: decode.requiredText(row, 'datname'),
				oldestTransactionAge: decode.requiredNumber(row, 'xids'),
				oldestMultixactAge: decode.requiredNumber(row, 'mxids'),
			};
		},
		async replication({signal}) {
			const standbys = await query(sql.standbysSql, [], signal);
			const slots = await query(sql.slotsSql, [], signal);
			const [ownLag = {}] = (await readServer(signal)).standby ? await query(sql.ownLagSql, [], signal) : [];
			return {
				standbys: standbys.map(row => ({
					name: decode.requiredText(row, 'name'),
					state: decode.requiredText(row, 'state'),
					lagSeconds: decode.optionalNumber(row, 'lag_s'),
					lagBytes: decode.optionalNumber(row, 'lag_bytes'),
				})),
				slots: slots.map(row => ({
					name: decode.requiredText(row, 'slot_name'),
					active: decode.requiredBoolean(row, 'active'),
					walStatus: decode.optionalText(row, 'wal_status'),
					retainedBytes: decode.optionalNumber(row, 'retained'),
				})),
				ownLagSeconds: decode.optionalNumber(ownLag, 'lag_s'),
				ownLagBytes: decode.optionalNumber(ownLag, 'lag_bytes'),
				receiving: decode.optionalBoolean(ownLag, 'receiving'),
			};
		},
	};
}

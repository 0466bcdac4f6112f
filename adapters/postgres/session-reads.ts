import type {PostgresPort} from '../../src/port/postgres.ts';
import * as decode from './connection/decode.ts';
import type {PostgresConnection} from './connection/postgres-connection.ts';
import type {ReadServerRecord} from './server-record.ts';
import {decodeQuery, decodeSession} from './session-record.ts';
import * as sql from './sql.ts';

type SessionReads = Pick<
	PostgresPort,
	'sessions' | 'sessionsByPid' | 'sessionQuery' | 'waits' | 'heldLocks' | 'connectionGroups'
>;

/** The reads of pg_stat_activity and pg_locks. */
export function createSessionReads(
	{query}: Pick<PostgresConnection, 'query'>,
	readServer: ReadServerRecord,
): SessionReads {
	return {
		async sessions({signal}) {
			const rows = await query(sql.sessionsSql, [], signal);
			const total = rows[0] === undefined ? 0 : decode.requiredNumber(rows[0], 'total');
			return {sessions: rows.map(decodeSession), omitted: total - rows.length};
		},
		async sessionsByPid(pids, {signal}) {
			return (await query(sql.sessionsByPidSql, [pids], signal)).map(decodeSession);
		},
		async sessionQuery(pid, backendStart, limit, {signal}) {
			const [row] = await query(sql.sessionQuerySql, [pid, backendStart, limit], signal);
			if (row === undefined) return undefined;
			return {query: decodeQuery(row) ?? '', storedBytes: decode.requiredNumber(row, 'stored_bytes')};
		},
		async waits({signal}) {
			const majorVersion = Math.floor((await readServer(signal)).versionNumber / 10_000);
			const rows = await query(sql.waitsSql(majorVersion), [], signal);
			return rows.map(row => ({
				pid: decode.requiredNumber(row, 'pid'),
				lockType: decode.requiredText(row, 'locktype'),
				mode: decode.requiredText(row, 'mode'),
				relation: decode.optionalText(row, 'relation'),
				waitSeconds: decode.optionalNumber(row, 'wait_s'),
				blockers: [...new Set((decode.optionalText(row, 'blockers') ?? '').split(',').filter(Boolean).map(Number))],
			}));
		},
		async heldLocks(pids, {signal}) {
			const rows = await query(sql.heldLocksSql, [pids], signal);
			return rows.map(row => ({
				pid: decode.requiredNumber(row, 'pid'),
				relation: decode.requiredText(row, 'relation'),
				mode: decode.requiredText(row, 'mode'),
			}));
		},
		async connectionGroups({signal}) {
			const rows = await query(sql.connectionGroupsSql, [], signal);
			return rows.map(row => ({
				application: decode.requiredText(row, 'application'),
				user: decode.requiredText(row, 'user'),
				database: decode.requiredText(row, 'database'),
				state: decode.requiredText(row, 'state'),
				count: decode.requiredNumber(row, 'n'),
				oldestSeconds: decode.optionalNumber(row, 'oldest_s'),
			}));
		},
	};
}

import {AdapterError} from '../../src/errors.ts';
import type {PostgresPort} from '../../src/port/postgres.ts';
import {redact} from '../../src/text/redact.ts';
import * as decode from './connection/decode.ts';
import type {PostgresConnection} from './connection/postgres-connection.ts';
import {type Extension, extensionSql, statementsSql, statementsStateSql, statementTextsSql} from './sql.ts';

/** The reads of pg_stat_statements. Each looks the extension up: it may be created or updated at any time. */
export function createStatementReads({
	query,
}: Pick<PostgresConnection, 'query'>): Pick<PostgresPort, 'statements' | 'statementTexts'> {
	async function readExtension(signal: AbortSignal): Promise<Extension> {
		const [row] = await query(extensionSql, [], signal);
		if (row === undefined) {
			throw new AdapterError(
				'unsupported',
				'pg_stat_statements is not installed in this database',
				'CREATE EXTENSION pg_stat_statements;',
			);
		}
		const [major = 0, minor = 0] = decode.requiredText(row, 'version').split('.').map(Number);
		return {schema: decode.requiredText(row, 'schema'), major, minor};
	}

	/** An installed extension also needs its library loaded when the server starts. */
	const throwNotLoaded = (error: unknown): never => {
		if (error instanceof AdapterError && /must be loaded via/.test(error.message)) {
			throw new AdapterError(
				'unsupported',
				'pg_stat_statements is installed but not loaded by the server',
				'Add it to shared_preload_libraries in postgresql.conf, keep what is there, and restart the server.',
				{cause: error},
			);
		}
		throw error;
	};

	return {
		async statements({signal}) {
			const extension = await readExtension(signal);
			const state = decode.firstRow(await query(statementsStateSql(extension), [], signal).catch(throwNotLoaded));
			const rows = await query(statementsSql(extension), [], signal).catch(throwNotLoaded);
			const total = rows[0] === undefined ? 0 : decode.requiredNumber(rows[0], 'total');
			return {
				statements: rows.map(row => ({
					key: decode.requiredText(row, 'key'),
					user: decode.optionalText(row, 'user'),
					database: decode.optionalText(row, 'database'),
					calls: decode.requiredNumber(row, 'calls'),
					milliseconds: decode.requiredNumber(row, 'ms'),
					rows: decode.requiredNumber(row, 'rows'),
					blocksHit: decode.requiredNumber(row, 'hit'),
					blocksRead: decode.requiredNumber(row, 'read'),
					tempBlocksWritten: decode.requiredNumber(row, 'temp'),
				})),
				omitted: total - rows.length,
				hidden: decode.requiredNumber(state, 'hidden'),
				serverSeconds: decode.requiredNumber(state, 'now_s'),
				resetAt: decode.optionalText(state, 'reset_at'),
				evictions: decode.optionalNumber(state, 'dealloc'),
			};
		},
		async statementTexts(keys, limit, {signal}) {
			if (keys.length === 0) return new Map();
			const extension = await readExtension(signal);
			const rows = await query(statementTextsSql(extension), [keys, limit], signal).catch(throwNotLoaded);
			return new Map(
				rows.map(row => [decode.requiredText(row, 'key'), redact(decode.optionalText(row, 'query') ?? '')]),
			);
		},
	};
}

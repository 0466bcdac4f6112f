import {AdapterError} from '../../src/errors.ts';
import type {PostgresPort} from '../../src/port/postgres.ts';
import {redact} from '../../src/text/redact.ts';
import * as decode from './connection/decode.ts';
import {type Extension, extensionSql, statementsSql, statementsStateSql, statementTextsSql} from './sql.ts';

type ReadServer = (text: string, values: readonly unknown[], signal: AbortSignal) => Promise<decode.TextRows>;

/** The reads of pg_stat_statements. The extension is looked up each time: it may be created or updated while we watch. */
export function createStatementReads(askServer: ReadServer): Pick<PostgresPort, 'statements' | 'statementTexts'> {
	async function extension(signal: AbortSignal): Promise<Extension> {
		const [row] = await askServer(extensionSql, [], signal);
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

	/** Installed is not loaded: the library must be named before the server starts. */
	const orNotLoaded = (error: unknown): never => {
		if (error instanceof AdapterError && /must be loaded via/.test(error.message)) {
			throw new AdapterError(
				'unsupported',
				'pg_stat_statements is installed but not loaded by the server',
				'Add it to shared_preload_libraries in postgresql.conf, beside what stands there, and restart the server.',
				{cause: error},
			);
		}
		throw error;
	};

	return {
		async statements({signal}) {
			const found = await extension(signal);
			const state = decode.firstRow(await askServer(statementsStateSql(found), [], signal).catch(orNotLoaded));
			const rows = await askServer(statementsSql(found), [], signal).catch(orNotLoaded);
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
			const found = await extension(signal);
			const rows = await askServer(statementTextsSql(found), [keys, limit], signal).catch(orNotLoaded);
			return new Map(
				rows.map(row => [decode.requiredText(row, 'key'), redact(decode.optionalText(row, 'query') ?? '')]),
			);
		},
	};
}

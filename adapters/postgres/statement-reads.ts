import {AdapterError} from '../../src/errors.ts';
import type {PostgresPort} from '../../src/port/postgres.ts';
import {redact} from '../../src/text/redact.ts';
import * as decode from './connection/decode.ts';
import {type Extension, extensionSql, statementsSql, statementsStateSql, statementTextsSql} from './sql.ts';

type AskServer = (text: string, values: readonly unknown[], signal: AbortSignal) => Promise<decode.Rows>;

/** The reads of pg_stat_statements. The extension is looked up each time: it may be created or updated while we watch. */
export function createStatementReads(askServer: AskServer): Pick<PostgresPort, 'statements' | 'statementTexts'> {
	async function extension(signal: AbortSignal): Promise<Extension> {
		const [row] = await askServer(extensionSql, [], signal);
		if (row === undefined) {
			throw new AdapterError(
				'unsupported',
				'pg_stat_statements is not installed in this database',
				'CREATE EXTENSION pg_stat_statements;',
			);
		}
		const [major = 0, minor = 0] = decode.mustText(row, 'version').split('.').map(Number);
		return {schema: decode.mustText(row, 'schema'), major, minor};
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
			const state = decode.only(await askServer(statementsStateSql(found), [], signal).catch(orNotLoaded));
			const rows = await askServer(statementsSql(found), [], signal).catch(orNotLoaded);
			const total = rows[0] === undefined ? 0 : decode.mustNumber(rows[0], 'total');
			return {
				statements: rows.map(row => ({
					key: decode.mustText(row, 'key'),
					user: decode.text(row, 'user'),
					database: decode.text(row, 'database'),
					calls: decode.mustNumber(row, 'calls'),
					milliseconds: decode.mustNumber(row, 'ms'),
					rows: decode.mustNumber(row, 'rows'),
					blocksHit: decode.mustNumber(row, 'hit'),
					blocksRead: decode.mustNumber(row, 'read'),
					tempBlocksWritten: decode.mustNumber(row, 'temp'),
				})),
				left: total - rows.length,
				hidden: decode.mustNumber(state, 'hidden'),
				serverSeconds: decode.mustNumber(state, 'now_s'),
				resetAt: decode.text(state, 'reset_at'),
				evictions: decode.number(state, 'dealloc'),
			};
		},
		async statementTexts(keys, limit, {signal}) {
			if (keys.length === 0) return new Map();
			const found = await extension(signal);
			const rows = await askServer(statementTextsSql(found), [keys, limit], signal).catch(orNotLoaded);
			return new Map(rows.map(row => [decode.mustText(row, 'key'), redact(decode.text(row, 'query') ?? '')]));
		},
	};
}

import {AdapterError} from '../../../src/errors.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import type {PostgresConnectionOptions} from './client-slot.ts';
import type {TextRows} from './decode.ts';
import type {OpenClient} from './open-client.ts';
import {beginSql, sessionLimitsOf} from './session-limits.ts';

type StatementOptions = {
	readonly application?: string;
	/** The statement changes something: it is sent only after the limits are known to be in force. */
	readonly acts?: boolean;
};

/** Runs the statements of one connection with the session limits in force, and remembers one that was cancelled and may still run. */
export type StatementRunner = {
	run(on: OpenClient, text: string, values: readonly unknown[], options?: StatementOptions): Promise<TextRows>;
	/** Adds a setting to the transactions of a pooled connection. */
	setLimit(name: string, value: string): void;
	/** The running statement was cancelled and not seen to end. */
	markAbandoned(): void;
	/** Checks that no abandoned statement still runs: there is never more than one. @throws AdapterError `timeout` while one does. */
	checkAbandoned(on: OpenClient): Promise<void>;
};

const stillRunningError = (pid: number): AdapterError =>
	new AdapterError(
		'timeout',
		`the last read still runs on the server, as pid ${pid}, though it was cancelled`,
		'No other is begun until it ends. Look at that session and at the load of the server.',
	);

const isStillActiveSql = `SELECT 1 AS found FROM pg_catalog.pg_stat_activity
	WHERE pid = $1::int AND state = 'active' AND application_name LIKE 'midwatch%' AND pid <> pg_catalog.pg_backend_pid()`;

export function createStatementRunner(
	settings: PostgresSettings,
	{application: ownApplication, acts: connectionActs = false}: PostgresConnectionOptions,
): StatementRunner {
	let limits = sessionLimitsOf(settings);
	/** The pid of the backend that runs the statement: behind a pooler, each statement may have another one. Undefined while not known. */
	let backend: number | undefined;
	let abandonedPid: number | undefined;

	async function run(
		{client, pooled, pid}: OpenClient,
		text: string,
		values: readonly unknown[],
		{application = ownApplication, acts = connectionActs}: StatementOptions = {},
	): Promise<TextRows> {
		const send = () => client.query<TextRows[number]>(text, [...values]);
		if (!pooled) {
			backend = pid;
			return (await send()).rows;
		}
		backend = undefined;
		const begin = client.query<TextRows[number]>(beginSql(limits, application)).then(result => {
			const [, pidResult] = result as unknown as readonly {readonly rows: TextRows}[];
			backend = Number(pidResult?.rows[0]?.['pid']);
		});
		if (acts) await begin;
		// All three are sent together. After a failed statement, COMMIT rolls back.
		const [begun, result, committed] = await Promise.allSettled([begin, send(), client.query('COMMIT')]);
		if (begun.status === 'rejected') throw begun.reason;
		if (result.status === 'rejected') throw result.reason;
		if (committed.status === 'rejected') throw committed.reason;
		return result.value.rows;
	}

	return {
		run,
		setLimit(name, value) {
			limits = {...limits, [name]: value};
		},
		markAbandoned() {
			if (backend !== undefined) abandonedPid = backend;
		},
		async checkAbandoned(on) {
			if (abandonedPid === undefined) return;
			const active = await run(on, isStillActiveSql, [abandonedPid], {acts: false});
			if (active.length > 0) throw stillRunningError(abandonedPid);
			abandonedPid = undefined;
		},
	};
}

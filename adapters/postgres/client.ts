import {AdapterError, readOnlyRefusal} from '../../src/errors.ts';
import type {
	PostgresPort,
	PostgresSettings,
	ServerRecord,
	SessionIdentity,
	SessionRecord,
	SignalledSession,
	SignalResult,
	SignalResults,
} from '../../src/port/postgres.ts';
import {parseBoundedJson} from '../../src/text/bounded-json.ts';
import {redact} from '../../src/text/redact.ts';
import * as decode from './connection/decode.ts';
import {createLoginLimiter} from './connection/login-limiter.ts';
import type {PgModule} from './connection/open-client.ts';
import {createPostgresConnection, type PostgresConnection} from './connection/postgres-connection.ts';
import {isTooManyConnections, postgresError} from './errors.ts';
import * as sql from './sql.ts';
import {createStatementReads} from './statement-reads.ts';

export type PostgresClient = {readonly port: PostgresPort; close(): Promise<void>};

/** A statement may hold the password that it sets. */
const redactedQuery = (row: decode.TextRow): string | undefined => {
	const query = decode.optionalText(row, 'query');
	return query === undefined ? undefined : redact(query);
};

function toSession(row: decode.TextRow): SessionRecord {
	const signal = decode.optionalText(row, 'signal');
	return {
		pid: decode.requiredNumber(row, 'pid'),
		database: decode.optionalText(row, 'datname'),
		user: decode.optionalText(row, 'usename'),
		application: decode.optionalText(row, 'application_name') ?? '',
		client: decode.optionalText(row, 'client'),
		backendType: decode.optionalText(row, 'backend_type'),
		state: decode.optionalText(row, 'state'),
		waitType: decode.optionalText(row, 'wait_event_type'),
		waitEvent: decode.optionalText(row, 'wait_event'),
		backendStart: decode.optionalText(row, 'backend_start'),
		transactionStart: decode.optionalText(row, 'xact_start'),
		queryStart: decode.optionalText(row, 'query_start'),
		transactionSeconds: decode.optionalNumber(row, 'xact_s'),
		querySeconds: decode.optionalNumber(row, 'query_s'),
		stateSeconds: decode.optionalNumber(row, 'state_s'),
		horizonAge: decode.optionalNumber(row, 'horizon'),
		query: redactedQuery(row),
		hidden: decode.requiredBoolean(row, 'hidden'),
		signal: signal === 'may' || signal === 'superuser' ? signal : 'role',
	};
}

const toSignalled = (row: decode.TextRow): SignalledSession => ({
	state: decode.optionalText(row, 'state'),
	transactionStart: decode.optionalText(row, 'xact_start'),
	queryStart: decode.optionalText(row, 'query_start'),
	query: redactedQuery(row),
});

/** The statement that guards and signals these sessions, and its parameters. */
function signalQuery(act: sql.SignalFunction, identities: readonly SessionIdentity[]) {
	const names = ['pid', 'backendStart', 'transactionStart', 'queryStart', 'state'] as const;
	const [first] = identities;
	const parameters = {backendStart: '$2', transactionStart: '$3', queryStart: '$4', state: '$5'};
	if (first !== undefined && identities.length === 1) {
		const guard = sql.sessionGuard(act, {pid: '$1::int', ...parameters});
		return {
			statement: sql.signalSql(act, guard, {columns: sql.signalledColumns}),
			values: names.map(name => first[name]),
		};
	}
	return {
		statement: sql.signalSeveralSql(act, {pid: '$1', ...parameters}, sql.signalledColumns),
		values: names.map(name => identities.map(identity => identity[name])),
	};
}

function toStates(json: string): Record<string, number> {
	const parsed = parseBoundedJson(json);
	return Object.fromEntries(Object.entries(parsed ?? {}).map(([state, count]) => [state, Number(count)]));
}

/**
 * One connection reads; each act opens a second one of its own, whose application_name carries the audit record, and closes it. `close`
 * ends both.
 */
export function createPostgresClient(
	library: PgModule,
	settings: PostgresSettings,
	options: {readonly readOnly: boolean},
): PostgresClient {
	const gates = {reads: createLoginLimiter(), acts: createLoginLimiter()};
	const monitor = createPostgresConnection(library, settings, {
		application: 'midwatch',
		hosts: settings.hosts,
		gate: gates.reads,
	});
	const acting = new Set<PostgresConnection>();
	let known: {readonly generation: number; readonly server: ServerRecord} | undefined;

	async function server(signal: AbortSignal): Promise<ServerRecord> {
		const generation = monitor.connectedHost?.generation;
		if (known !== undefined && known.generation === generation) return known.server;
		const row = decode.firstRow(await monitor.query(sql.serverSql, [], signal));
		const place = monitor.connectedHost;
		const [control = {}] = await monitor.query(sql.systemIdentifierSql, [], signal).catch(() => []);
		const preloaded = decode.optionalText(row, 'preloaded');
		const record: ServerRecord = {
			versionNumber: decode.requiredNumber(row, 'version_number'),
			version: decode.requiredText(row, 'version'),
			pid: place?.pooled === true ? undefined : decode.requiredNumber(row, 'pid'),
			pooled: place?.pooled ?? false,
			channel: place?.channel ?? 'plain',
			user: decode.requiredText(row, 'me'),
			database: decode.requiredText(row, 'database'),
			host: place === undefined ? '' : `${place.host.host}:${place.host.port}`,
			hostIndex: place?.index ?? 0,
			systemIdentifier: decode.optionalText(control, 'id'),
			standby: decode.requiredBoolean(row, 'standby'),
			superuser: decode.requiredBoolean(row, 'superuser'),
			readsAllStats: decode.requiredBoolean(row, 'reads_all_stats'),
			signalsBackends: decode.requiredBoolean(row, 'signals_backends'),
			statementsVersion: decode.optionalText(row, 'statements_version'),
			statementsPreloaded:
				preloaded === undefined ? undefined : /(^|[ ,"/])pg_stat_statements($|[ ,"])/.test(preloaded),
		};
		// Else midwatch would count among the statements it shows.
		if (record.superuser) await monitor.disableStatementTracking(signal).catch(() => {});
		if (place !== undefined) known = {generation: place.generation, server: record};
		return record;
	}

	const major = async (signal: AbortSignal) => Math.floor((await server(signal)).versionNumber / 10_000);

	/** Opens the connection that acts, to the very host that is read. Until it stands, nothing can have happened. */
	async function act(
		signalFunction: sql.SignalFunction,
		identities: readonly SessionIdentity[],
		record: string,
		signal: AbortSignal,
	): Promise<SignalResults> {
		const pids = identities.map(({pid}) => pid);
		const {statement, values} = signalQuery(signalFunction, identities);
		if (options.readOnly) throw readOnlyRefusal();
		const application = `midwatch ${record}`.slice(0, 63);
		const hosts = monitor.connectedHost === undefined ? settings.hosts : [monitor.connectedHost.host];
		const link = createPostgresConnection(library, settings, {application, hosts, gate: gates.acts, acts: true});
		acting.add(link);
		try {
			return resultsOf(pids, await link.query(statement, values, signal));
		} catch (error) {
			const failure = postgresError(error);
			if (link.hasSent) throw midway(pids, failure);
			if (failure.harmless) throw failure;
			// All connections are taken: the one that reads is the only one left to act on, and that is when it is needed most.
			if (isTooManyConnections(failure) && monitor.connectedHost !== undefined) {
				const rows = await monitor.queryAs(application, statement, values, signal).catch(thrown => {
					throw midway(pids, postgresError(thrown));
				});
				return resultsOf(pids, rows);
			}
			const message = `nothing was sent: no connection to act on could be opened: ${failure.message}`;
			throw new AdapterError('denied', message, failure.hint, {cause: failure});
		} finally {
			acting.delete(link);
			await link.close();
		}
	}

	function resultsOf(pids: readonly number[], rows: decode.TextRows): SignalResults {
		const matched = new Map(rows.map(row => [decode.requiredNumber(row, 'pid'), row]));
		return new Map(
			pids.map((pid): readonly [number, SignalResult] => {
				const row = matched.get(pid);
				if (row === undefined) return [pid, {result: 'conflict'}];
				return [pid, decode.requiredBoolean(row, 'sent') ? {result: 'sent', at: toSignalled(row)} : {result: 'ended'}];
			}),
		);
	}

	/** Signals are not taken back when the statement fails at a later session: its refusal does not mean that nothing happened. */
	function midway(pids: readonly number[], failure: AdapterError): AdapterError {
		if (pids.length < 2 || !failure.harmless) return failure;
		return new AdapterError(
			'unreachable',
			`the server stopped in the midst of ${pids.length} sessions: ${failure.message}`,
			'Some of them may have been signalled: look at each.',
			{cause: failure},
		);
	}

	const port: PostgresPort = {
		server: ({signal}) => server(signal),
		async ping({signal}) {
			await server(signal);
			const started = performance.now();
			await monitor.query('SELECT 1', [], signal);
			return performance.now() - started;
		},
		async overview({signal}) {
			const row = decode.firstRow(await monitor.query(sql.overviewSql, [], signal));
			return {
				byState: toStates(decode.requiredText(row, 'by_state')),
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
		async sessions({signal}) {
			const rows = await monitor.query(sql.sessionsSql, [], signal);
			const total = rows[0] === undefined ? 0 : decode.requiredNumber(rows[0], 'total');
			return {sessions: rows.map(toSession), omitted: total - rows.length};
		},
		async sessionsByPid(pids, {signal}) {
			return (await monitor.query(sql.sessionsByPidSql, [pids], signal)).map(toSession);
		},
		async waits({signal}) {
			const rows = await monitor.query(sql.waitsSql(await major(signal)), [], signal);
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
			const rows = await monitor.query(sql.heldLocksSql, [pids], signal);
			return rows.map(row => ({
				pid: decode.requiredNumber(row, 'pid'),
				relation: decode.requiredText(row, 'relation'),
				mode: decode.requiredText(row, 'mode'),
			}));
		},
		async replication({signal}) {
			const standbys = await monitor.query(sql.standbysSql, [], signal);
			const slots = await monitor.query(sql.slotsSql, [], signal);
			const own = (await server(signal)).standby ? await monitor.query(sql.ownLagSql, [], signal) : [];
			const ownRow = own[0] ?? {};
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
				ownLagSeconds: decode.optionalNumber(ownRow, 'lag_s'),
				ownLagBytes: decode.optionalNumber(ownRow, 'lag_bytes'),
				receiving: decode.optionalBoolean(ownRow, 'receiving'),
			};
		},
		...createStatementReads((text, values, signal) => monitor.query(text, values, signal)),
		async sessionQuery(pid, backendStart, limit, {signal}) {
			const [row] = await monitor.query(sql.sessionQuerySql, [pid, backendStart, limit], signal);
			if (row === undefined) return undefined;
			return {query: redactedQuery(row) ?? '', storedBytes: decode.requiredNumber(row, 'kept')};
		},
		async connectionGroups({signal}) {
			const rows = await monitor.query(sql.connectionGroupsSql, [], signal);
			return rows.map(row => ({
				application: decode.requiredText(row, 'application'),
				user: decode.requiredText(row, 'user'),
				database: decode.requiredText(row, 'database'),
				state: decode.requiredText(row, 'state'),
				count: decode.requiredNumber(row, 'n'),
				oldestSeconds: decode.optionalNumber(row, 'oldest_s'),
			}));
		},
		cancel: (identities, record, {signal}) => act('pg_cancel_backend', identities, record, signal),
		terminate: (identities, record, {signal}) => act('pg_terminate_backend', identities, record, signal),
	};

	return {
		port,
		async close() {
			await Promise.all([monitor.close(), ...[...acting].map(link => link.close())]);
			gates.reads.close();
			gates.acts.close();
		},
	};
}

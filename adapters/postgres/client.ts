import {AdapterError} from '../../src/errors.ts';
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
import {parseJson} from '../../src/text/bounded-json.ts';
import {redact} from '../../src/text/redact.ts';
import * as decode from './connection/decode.ts';
import {createLoginGate} from './connection/login-limiter.ts';
import type {Library} from './connection/open-client.ts';
import {createLink, type Link} from './connection/postgres-connection.ts';
import {isTooManyConnections, postgresError} from './errors.ts';
import * as sql from './sql.ts';
import {createStatementReads} from './statement-reads.ts';

export type PostgresClient = {readonly port: PostgresPort; close(): Promise<void>};

/** A statement may hold the password that it sets. */
const shownQuery = (row: decode.RowText): string | undefined => {
	const query = decode.text(row, 'query');
	return query === undefined ? undefined : redact(query);
};

function toSession(row: decode.RowText): SessionRecord {
	const signal = decode.text(row, 'signal');
	return {
		pid: decode.mustNumber(row, 'pid'),
		database: decode.text(row, 'datname'),
		user: decode.text(row, 'usename'),
		application: decode.text(row, 'application_name') ?? '',
		client: decode.text(row, 'client'),
		backendType: decode.text(row, 'backend_type'),
		state: decode.text(row, 'state'),
		waitType: decode.text(row, 'wait_event_type'),
		waitEvent: decode.text(row, 'wait_event'),
		backendStart: decode.text(row, 'backend_start'),
		transactionStart: decode.text(row, 'xact_start'),
		queryStart: decode.text(row, 'query_start'),
		transactionSeconds: decode.number(row, 'xact_s'),
		querySeconds: decode.number(row, 'query_s'),
		stateSeconds: decode.number(row, 'state_s'),
		horizonAge: decode.number(row, 'horizon'),
		query: shownQuery(row),
		hidden: decode.flag(row, 'hidden'),
		signal: signal === 'may' || signal === 'superuser' ? signal : 'role',
	};
}

const toSignalled = (row: decode.RowText): SignalledSession => ({
	state: decode.text(row, 'state'),
	transactionStart: decode.text(row, 'xact_start'),
	queryStart: decode.text(row, 'query_start'),
	query: shownQuery(row),
});

/** The statement that guards and signals these sessions, and its parameters. */
function signalling(act: sql.SignalFunction, identities: readonly SessionIdentity[]) {
	const names = ['pid', 'backendStart', 'transactionStart', 'queryStart', 'state'] as const;
	const [first] = identities;
	const parameters = {backendStart: '$2', transactionStart: '$3', queryStart: '$4', state: '$5'};
	if (first !== undefined && identities.length === 1) {
		const guard = sql.sessionGuard(act, {pid: '$1::int', ...parameters});
		return {statement: sql.actSql(act, guard, {columns: sql.hitColumns}), values: names.map(name => first[name])};
	}
	return {
		statement: sql.actOnSeveralSql(act, {pid: '$1', ...parameters}, sql.hitColumns),
		values: names.map(name => identities.map(identity => identity[name])),
	};
}

function toStates(json: string): Record<string, number> {
	const parsed = parseJson(json);
	return Object.fromEntries(Object.entries(parsed ?? {}).map(([state, count]) => [state, Number(count)]));
}

/**
 * One connection reads; each act opens a second one of its own, whose application_name carries the audit record, and closes it. `close`
 * ends both.
 */
export function createPostgresClient(
	library: Library,
	settings: PostgresSettings,
	options: {readonly readOnly: boolean},
): PostgresClient {
	const gates = {reads: createLoginGate(), acts: createLoginGate()};
	const monitor = createLink(library, settings, {application: 'midwatch', hosts: settings.hosts, gate: gates.reads});
	const acting = new Set<Link>();
	let known: {readonly generation: number; readonly server: ServerRecord} | undefined;

	async function server(signal: AbortSignal): Promise<ServerRecord> {
		const generation = monitor.place?.generation;
		if (known !== undefined && known.generation === generation) return known.server;
		const row = decode.only(await monitor.ask(sql.serverSql, [], signal));
		const place = monitor.place;
		const [control = {}] = await monitor.ask(sql.systemIdentifierSql, [], signal).catch(() => []);
		const preloaded = decode.text(row, 'preloaded');
		const record: ServerRecord = {
			versionNumber: decode.mustNumber(row, 'version_number'),
			version: decode.mustText(row, 'version'),
			pid: place?.pooled === true ? undefined : decode.mustNumber(row, 'pid'),
			pooled: place?.pooled ?? false,
			channel: place?.channel ?? 'plain',
			user: decode.mustText(row, 'me'),
			database: decode.mustText(row, 'database'),
			host: place === undefined ? '' : `${place.host.host}:${place.host.port}`,
			hostIndex: place?.index ?? 0,
			systemIdentifier: decode.text(control, 'id'),
			standby: decode.flag(row, 'standby'),
			superuser: decode.flag(row, 'superuser'),
			readsAllStats: decode.flag(row, 'reads_all_stats'),
			signalsBackends: decode.flag(row, 'signals_backends'),
			statementsVersion: decode.text(row, 'statements_version'),
			statementsPreloaded:
				preloaded === undefined ? undefined : /(^|[ ,"/])pg_stat_statements($|[ ,"])/.test(preloaded),
		};
		// Else midwatch would count among the statements it shows.
		if (record.superuser) await monitor.untracked(signal).catch(() => {});
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
		const {statement, values} = signalling(signalFunction, identities);
		if (options.readOnly) {
			throw new AdapterError(
				'denied',
				'this connection was opened read-only',
				'Start midwatch without --read-only to act on this target.',
			);
		}
		const application = `midwatch ${record}`.slice(0, 63);
		const hosts = monitor.place === undefined ? settings.hosts : [monitor.place.host];
		const link = createLink(library, settings, {application, hosts, gate: gates.acts, acts: true});
		acting.add(link);
		try {
			return resultsOf(pids, await link.ask(statement, values, signal));
		} catch (error) {
			const failure = postgresError(error);
			if (link.sent) throw midway(pids, failure);
			if (failure.harmless) throw failure;
			// All connections are taken: the one that reads is the only one left to act on, and that is when it is needed most.
			if (isTooManyConnections(failure) && monitor.place !== undefined) {
				const rows = await monitor.askAs(application, statement, values, signal).catch(thrown => {
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

	function resultsOf(pids: readonly number[], rows: decode.Rows): SignalResults {
		const matched = new Map(rows.map(row => [decode.mustNumber(row, 'pid'), row]));
		return new Map(
			pids.map((pid): readonly [number, SignalResult] => {
				const row = matched.get(pid);
				if (row === undefined) return [pid, {result: 'moved'}];
				return [pid, decode.flag(row, 'sent') ? {result: 'sent', at: toSignalled(row)} : {result: 'gone'}];
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
			await monitor.ask('SELECT 1', [], signal);
			return performance.now() - started;
		},
		async overview({signal}) {
			const row = decode.only(await monitor.ask(sql.overviewSql, [], signal));
			return {
				byState: toStates(decode.mustText(row, 'by_state')),
				connections: decode.mustNumber(row, 'connections'),
				connectionLimit: decode.mustNumber(row, 'connection_limit'),
				longestTransactionSeconds: decode.number(row, 'longest_s'),
				blocksHit: decode.mustNumber(row, 'hit'),
				blocksRead: decode.mustNumber(row, 'read'),
				oldestDatabase: decode.mustText(row, 'datname'),
				oldestTransactionAge: decode.mustNumber(row, 'xids'),
				oldestMultixactAge: decode.mustNumber(row, 'mxids'),
			};
		},
		async sessions({signal}) {
			const rows = await monitor.ask(sql.sessionsSql, [], signal);
			const total = rows[0] === undefined ? 0 : decode.mustNumber(rows[0], 'total');
			return {sessions: rows.map(toSession), omitted: total - rows.length};
		},
		async sessionsByPid(pids, {signal}) {
			return (await monitor.ask(sql.sessionsByPidSql, [pids], signal)).map(toSession);
		},
		async waits({signal}) {
			const rows = await monitor.ask(sql.waitsSql(await major(signal)), [], signal);
			return rows.map(row => ({
				pid: decode.mustNumber(row, 'pid'),
				lockType: decode.mustText(row, 'locktype'),
				mode: decode.mustText(row, 'mode'),
				relation: decode.text(row, 'relation'),
				waitSeconds: decode.number(row, 'wait_s'),
				blockers: [...new Set((decode.text(row, 'blockers') ?? '').split(',').filter(Boolean).map(Number))],
			}));
		},
		async heldLocks(pids, {signal}) {
			const rows = await monitor.ask(sql.heldLocksSql, [pids], signal);
			return rows.map(row => ({
				pid: decode.mustNumber(row, 'pid'),
				relation: decode.mustText(row, 'relation'),
				mode: decode.mustText(row, 'mode'),
			}));
		},
		async replication({signal}) {
			const standbys = await monitor.ask(sql.standbysSql, [], signal);
			const slots = await monitor.ask(sql.slotsSql, [], signal);
			const own = (await server(signal)).standby ? await monitor.ask(sql.ownLagSql, [], signal) : [];
			const ownRow = own[0] ?? {};
			return {
				standbys: standbys.map(row => ({
					name: decode.mustText(row, 'name'),
					state: decode.mustText(row, 'state'),
					lagSeconds: decode.number(row, 'lag_s'),
					lagBytes: decode.number(row, 'lag_bytes'),
				})),
				slots: slots.map(row => ({
					name: decode.mustText(row, 'slot_name'),
					active: decode.flag(row, 'active'),
					walStatus: decode.text(row, 'wal_status'),
					retainedBytes: decode.number(row, 'retained'),
				})),
				ownLagSeconds: decode.number(ownRow, 'lag_s'),
				ownLagBytes: decode.number(ownRow, 'lag_bytes'),
				receiving: decode.flagIfKnown(ownRow, 'receiving'),
			};
		},
		...createStatementReads((text, values, signal) => monitor.ask(text, values, signal)),
		async sessionQuery(pid, backendStart, limit, {signal}) {
			const [row] = await monitor.ask(sql.sessionQuerySql, [pid, backendStart, limit], signal);
			if (row === undefined) return undefined;
			return {query: shownQuery(row) ?? '', keptBytes: decode.mustNumber(row, 'kept')};
		},
		async connectionGroups({signal}) {
			const rows = await monitor.ask(sql.connectionGroupsSql, [], signal);
			return rows.map(row => ({
				application: decode.mustText(row, 'application'),
				user: decode.mustText(row, 'user'),
				database: decode.mustText(row, 'database'),
				state: decode.mustText(row, 'state'),
				count: decode.mustNumber(row, 'n'),
				oldestSeconds: decode.number(row, 'oldest_s'),
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

import {AdapterError, readOnlyRefusal} from '../../src/errors.ts';
import type {
	PostgresPort,
	PostgresSettings,
	SessionIdentity,
	SignalResult,
	SignalResults,
} from '../../src/port/postgres.ts';
import * as decode from './connection/decode.ts';
import type {LoginLimiter} from './connection/login-limiter.ts';
import type {PgModule} from './connection/open-client.ts';
import {createPostgresConnection, type PostgresConnection} from './connection/postgres-connection.ts';
import {isTooManyConnections, postgresError} from './errors.ts';
import {decodeSignalledSession} from './session-record.ts';
import * as sql from './sql.ts';

/** The statement that guards and signals these sessions, and its parameters. */
function signalQuery(signalFunction: sql.SignalFunction, identities: readonly SessionIdentity[]) {
	const names = ['pid', 'backendStart', 'transactionStart', 'queryStart', 'state'] as const;
	const [first] = identities;
	const parameters = {backendStart: '$2', transactionStart: '$3', queryStart: '$4', state: '$5'};
	if (first !== undefined && identities.length === 1) {
		const guard = sql.sessionGuard(signalFunction, {pid: '$1::int', ...parameters});
		return {
			statement: sql.signalSql(signalFunction, guard, {columns: sql.signalledColumns}),
			values: names.map(name => first[name]),
		};
	}
	return {
		statement: sql.signalSeveralSql(signalFunction, {pid: '$1', ...parameters}, sql.signalledColumns),
		values: names.map(name => identities.map(identity => identity[name])),
	};
}

function decodeSignalResults(pids: readonly number[], rows: decode.TextRows): SignalResults {
	const matched = new Map(rows.map(row => [decode.requiredNumber(row, 'pid'), row]));
	return new Map(
		pids.map((pid): readonly [number, SignalResult] => {
			const row = matched.get(pid);
			if (row === undefined) return [pid, {result: 'conflict'}];
			const isSent = decode.requiredBoolean(row, 'sent');
			return [pid, isSent ? {result: 'sent', at: decodeSignalledSession(row)} : {result: 'ended'}];
		}),
	);
}

/** Signals are not rolled back when the statement fails at a later session: then a refusal does not mean that nothing happened. */
function partlySentError(pids: readonly number[], failure: AdapterError): AdapterError {
	if (pids.length < 2 || !failure.harmless) return failure;
	return new AdapterError(
		'unreachable',
		`the server stopped in the middle of ${pids.length} sessions: ${failure.message}`,
		'Some of them may have been signalled: check each.',
		{cause: failure},
	);
}

export type SessionSignals = Pick<PostgresPort, 'cancel' | 'terminate'> & {close(): Promise<void>};

/**
 * Cancels and terminates sessions. Each call opens a connection to the host that `monitor` reads, with the audit record in its
 * application_name, and closes it.
 */
export function createSessionSignals(
	library: PgModule,
	settings: PostgresSettings,
	monitor: PostgresConnection,
	{readOnly, gate}: {readonly readOnly: boolean; readonly gate: LoginLimiter},
): SessionSignals {
	const open = new Set<PostgresConnection>();

	/** Sends the signals over a connection of their own; when no more may be opened, over the one that reads. An error before it is open is harmless: nothing was sent. */
	async function send(
		signalFunction: sql.SignalFunction,
		identities: readonly SessionIdentity[],
		record: string,
		signal: AbortSignal,
	): Promise<SignalResults> {
		if (readOnly) throw readOnlyRefusal();
		const pids = identities.map(({pid}) => pid);
		const {statement, values} = signalQuery(signalFunction, identities);
		const application = `midwatch ${record}`.slice(0, 63);
		const hosts = monitor.connectedHost === undefined ? settings.hosts : [monitor.connectedHost.host];
		const connection = createPostgresConnection(library, settings, {application, hosts, gate, acts: true});
		open.add(connection);
		try {
			return decodeSignalResults(pids, await connection.query(statement, values, signal));
		} catch (error) {
			const failure = postgresError(error);
			if (connection.hasSent) throw partlySentError(pids, failure);
			if (failure.harmless) throw failure;
			// All connections are in use: the one that reads is the only one left, and this is when a signal is needed most.
			if (isTooManyConnections(failure) && monitor.connectedHost !== undefined) {
				const rows = await monitor.queryAs(application, statement, values, signal).catch(queryError => {
					throw partlySentError(pids, postgresError(queryError));
				});
				return decodeSignalResults(pids, rows);
			}
			const message = `nothing was sent: no connection to act on could be opened: ${failure.message}`;
			throw new AdapterError('denied', message, failure.hint, {cause: failure});
		} finally {
			open.delete(connection);
			await connection.close();
		}
	}

	return {
		cancel: (identities, record, {signal}) => send('pg_cancel_backend', identities, record, signal),
		terminate: (identities, record, {signal}) => send('pg_terminate_backend', identities, record, signal),
		async close() {
			await Promise.all([...open].map(connection => connection.close()));
		},
	};
}

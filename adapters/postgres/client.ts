import type {PostgresPort, PostgresSettings} from '../../src/port/postgres.ts';
import {createLoginLimiter} from './connection/login-limiter.ts';
import type {PgModule} from './connection/open-client.ts';
import {createPostgresConnection} from './connection/postgres-connection.ts';
import {createServerReads} from './server-reads.ts';
import {createServerRecordReader} from './server-record.ts';
import {createSessionReads} from './session-reads.ts';
import {createSessionSignals} from './signal-sessions.ts';
import {createStatementReads} from './statement-reads.ts';

export type PostgresClient = {readonly port: PostgresPort; close(): Promise<void>};

/** The port on a real server. One connection reads, named `midwatch`; each signal opens and closes one of its own. */
export function createPostgresClient(
	library: PgModule,
	settings: PostgresSettings,
	{readOnly}: {readonly readOnly: boolean},
): PostgresClient {
	const gates = {reads: createLoginLimiter(), signals: createLoginLimiter()};
	const monitor = createPostgresConnection(library, settings, {
		application: 'midwatch',
		hosts: settings.hosts,
		gate: gates.reads,
	});
	const readServer = createServerRecordReader(monitor);
	const signals = createSessionSignals(library, settings, monitor, {readOnly, gate: gates.signals});
	return {
		port: {
			...createServerReads(monitor, readServer),
			...createSessionReads(monitor, readServer),
			...createStatementReads(monitor),
			cancel: signals.cancel,
			terminate: signals.terminate,
		},
		async close() {
			await Promise.all([monitor.close(), signals.close()]);
			gates.reads.close();
			gates.signals.close();
		},
	};
}

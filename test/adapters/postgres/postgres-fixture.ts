import {Client} from 'pg';
import {afterAll, beforeAll} from 'vitest';
import {postgresSystem} from '../../../adapters/postgres/system.ts';
import type {ActionContext} from '../../../src/contract/action.ts';
import {initialParams} from '../../../src/contract/initial-params.ts';
import type {Row, Snapshot} from '../../../src/contract/row.ts';
import type {Connection} from '../../../src/contract/system.ts';
import type {Target} from '../../../src/contract/target.ts';
import type {PostgresSessionRow} from '../../../src/model/postgres/postgres-session.ts';
import type {PostgresPort, PostgresSettings} from '../../../src/port/postgres.ts';
import type {Login, PostgresServer} from '../../estate/estate-record.ts';
import {pgConfig, runQuery} from '../../estate/postgres.ts';
import {fakeSaveFile} from '../conformance-subject.ts';

export type Role = keyof PostgresServer['logins'];

export const testContext = () => ({signal: AbortSignal.timeout(120_000), now: Date.now});

export const targetOf = (
	server: PostgresServer,
	role: Role,
	facts: Partial<PostgresSettings> = {},
): Target<PostgresSettings> => targetAs(server, server.logins[role], facts);

export const targetAs = (
	server: PostgresServer,
	{user, password}: Login,
	facts: Partial<PostgresSettings>,
): Target<PostgresSettings> => ({
	name: server.name,
	kind: 'postgres',
	production: false,
	settings: {
		hosts: [{host: server.host, port: server.port}],
		database: 'postgres',
		user,
		password: {source: 'the estate', reveal: async () => password},
		tls: server.tls ? {mode: 'verify-full', ca: server.tls.ca} : {mode: 'disable'},
		connectTimeoutMs: 3000,
		statementTimeoutMs: 3000,
		...facts,
	},
});

/** midwatch's connection to a server, as one of its roles. */
export type PostgresFixture = {
	readonly target: Target<PostgresSettings>;
	readonly connection: Connection<PostgresPort>;
	/** Reads one source once; the state between two reads is retained. */
	read(kind: string): Promise<Snapshot>;
	sessions(): Promise<readonly PostgresSessionRow[]>;
	actionContext(record?: string): ActionContext<PostgresPort, PostgresSettings>;
	close(): Promise<void>;
};

export async function openPostgres(
	server: PostgresServer,
	role: Role,
	options: {readonly settings?: Partial<PostgresSettings>; readonly readOnly?: boolean} = {},
): Promise<PostgresFixture> {
	const target = targetOf(server, role, options.settings);
	const connection = await postgresSystem.connect(target, {readOnly: options.readOnly ?? false});
	const polls = new Map(
		postgresSystem.sources.map(source => [source.kind as string, source.open(connection.port, target)]),
	);
	const read = (kind: string): Promise<Snapshot> => {
		const poll = polls.get(kind);
		if (poll === undefined) throw new Error(`there is no source of ${kind}`);
		return poll(testContext());
	};
	return {
		target,
		connection,
		read,
		sessions: async () => (await read('postgres.session')).rows as readonly PostgresSessionRow[],
		actionContext: (record = 'record-1') => ({
			...testContext(),
			port: connection.port,
			target,
			record,
			saveFile: fakeSaveFile,
		}),
		close: connection.close,
	};
}

/** A session on the server that is not midwatch's. */
export type OtherSession = {
	readonly client: Client;
	readonly pid: number;
	/** Sends without waiting for the result; the promise resolves with `done` or the error's SQLSTATE. */
	startQuery(text: string): Promise<string>;
	end(): Promise<void>;
};

export async function openSession(
	server: PostgresServer,
	application: string,
	role: Role = 'app',
	database = 'postgres',
): Promise<OtherSession> {
	const client = new Client({...pgConfig(server, role, database), application_name: application});
	client.on('error', () => {});
	await client.connect();
	const {rows} = await client.query<{pid: number}>('SELECT pg_backend_pid() AS pid');
	const pid = rows[0]?.pid;
	if (pid === undefined) throw new Error('the server reports no pid');
	return {
		client,
		pid,
		startQuery: text =>
			client.query(text).then(
				() => 'done',
				(error: {code?: string}) => error.code ?? 'broken',
			),
		end: () => client.end().catch(() => undefined),
	};
}

export const isConnected = async (server: PostgresServer, pid: number): Promise<boolean> =>
	(await runQuery(server, 'SELECT 1 FROM pg_stat_activity WHERE pid = $1', [pid])).length > 0;

/** What the tests of a `describe` share: midwatch's connection, open while they run, and the other sessions that they open. */
export type SharedPostgres = {
	readonly watch: PostgresFixture;
	/** Opens another session, which ends after the tests. */
	guest(application: string, role?: Role): Promise<OtherSession>;
};

/** Opens midwatch's connection as the operator before the tests, and ends it and all guests after them. */
export function sharePostgres(server: PostgresServer): SharedPostgres {
	let watch: PostgresFixture;
	const guests: OtherSession[] = [];
	beforeAll(async () => {
		watch = await openPostgres(server, 'operator');
	});
	afterAll(async () => {
		await Promise.all(guests.map(each => each.end()));
		await watch.close();
	});
	return {
		get watch() {
			return watch;
		},
		async guest(application, role = 'app') {
			const joined = await openSession(server, application, role);
			guests.push(joined);
			return joined;
		},
	};
}

/** Repeats `look` until it resolves with a value. */
export async function pollUntil<T>(look: () => Promise<T | undefined>): Promise<T> {
	for (;;) {
		const found = await look();
		if (found !== undefined) return found;
		await new Promise(resolve => setTimeout(resolve, 20));
	}
}

export const readRow = (watch: PostgresFixture, pid: number, fits: (row: PostgresSessionRow) => boolean = () => true) =>
	pollUntil(async () => (await watch.sessions()).find(row => row.pid === pid && fits(row)));

export const actionOf = (id: string) => {
	const action = postgresSystem.actions.find(each => each.id === id);
	if (action === undefined) throw new Error(`there is no ${id}`);
	return action;
};

export async function readInspectionText(watch: PostgresFixture, id: string, row: Row): Promise<string> {
	const inspection = postgresSystem.inspections.find(each => each.id === id);
	if (inspection === undefined) throw new Error(`there is no ${id}`);
	const {lines} = await inspection.open(row, {
		...testContext(),
		port: watch.connection.port,
		target: watch.target,
		rows: [row],
		params: initialParams(inspection.params, [row]),
	});
	return lines.map(line => line.text).join('\n');
}

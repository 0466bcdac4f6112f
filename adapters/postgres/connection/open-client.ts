import type {Duplex} from 'node:stream';
import type {ConnectionOptions} from 'node:tls';
import type {Client, ClientConfig} from 'pg';
import type {ChannelSecurity} from '../../../src/contract/channel-security.ts';
import {AdapterError, messageOf} from '../../../src/errors.ts';
import {tlsMode} from '../../../src/model/postgres/postgres-tls.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {withDeadline} from '../../../src/time/deadline.ts';
import {noResponseError, postgresError} from '../errors.ts';
import type {CancelKey} from './cancel-request.ts';
import {firstRow, type TextRows} from './decode.ts';
import {createFramingGuard} from './framing.ts';
import type {LoginLimiter} from './login-limiter.ts';
import {passwordOf} from './password.ts';
import {startReachabilityCheck} from './reachability-check.ts';
import {areLimitsInForce, readLimitsSql, sessionLimitsOf, startupOptions} from './session-limits.ts';
import {channelSecurityOf, postgresTlsOptions} from './tls.ts';

export type Host = PostgresSettings['hosts'][number];

/** The part of the `pg` module that a connection needs. */
export type PgModule = {readonly Client: typeof Client};

/** A connection that is logged in. */
export type OpenClient = {
	readonly client: Client;
	readonly host: Host;
	readonly channel: ChannelSecurity;
	/**
	 * A pooler is in between, or the startup options are not in force: the next transaction may run on another backend, and each has to set
	 * the limits itself.
	 */
	readonly pooled: boolean;
	/** The pid of the backend; behind a pooler, of the backend that answered first. */
	readonly pid: number;
	readonly ssl: ConnectionOptions | false;
	readonly cancelKey: CancelKey;
};

export const socketOf = (client: Client): Duplex => client.connection.stream;

/** Returns every value as the server's text: dates do not lose microseconds, counts no digits. */
const textTypes = {getTypeParser: () => (value: string) => value} as unknown as NonNullable<ClientConfig['types']>;

const commonConfig = {
	client_encoding: 'UTF8',
	keepAlive: true,
	keepAliveInitialDelayMillis: 10_000,
	types: textTypes,
	// A connection runs one query at a time; behind a pooler that is a transaction of three messages, sent together.
	pipeline: true,
} satisfies ClientConfig;

const notPostgresError = (cause?: unknown): AdapterError =>
	new AdapterError('malformed', 'the answer cannot be read', 'It does not speak PostgreSQL: check host and port.', {
		cause,
	});

const tooLargeError = (): AdapterError =>
	new AdapterError(
		'malformed',
		'the result of one query takes more than 64 MB, and is not read',
		'PostgreSQL sends midwatch no result that large: check host and port, and any proxy or pooler in front of the server.',
	);

/**
 * Passes only bytes of the PostgreSQL protocol to the parser of `pg`. On others the parser throws inside the socket's event, where nothing
 * can catch it, or waits for ever.
 */
function guardParser(client: Client): void {
	const connection = client.connection as unknown as {attachListeners(stream: Duplex): void};
	const attach = connection.attachListeners.bind(connection);
	connection.attachListeners = stream => {
		const check = createFramingGuard();
		const emit = stream.emit.bind(stream) as (event: string | symbol, ...values: unknown[]) => boolean;
		stream.emit = (event: string | symbol, ...values: unknown[]) => {
			if (event !== 'data') return emit(event, ...values);
			const [chunk] = values;
			try {
				const problem = Buffer.isBuffer(chunk) ? check(chunk) : 'it does not speak PostgreSQL';
				if (problem === undefined) return emit(event, ...values);
				stream.destroy(problem === 'it does not speak PostgreSQL' ? notPostgresError() : tooLargeError());
			} catch (cause) {
				stream.destroy(notPostgresError(cause));
			}
			return true;
		};
		attach(stream);
	};
}

const cleartextHint = '`tls: {mode: prefer, allowCleartext: true}`';

/** Why no password is sent over this channel; undefined when it may be sent. */
function passwordRefusal(settings: PostgresSettings, host: Host, channel: ChannelSecurity): AdapterError | undefined {
	if (channel === 'local' || channel === 'verified' || settings.tls.allowCleartext === true) return undefined;
	const why = channel === 'plain' ? 'the connection is not encrypted' : 'the server is not verified';
	return new AdapterError(
		'denied',
		`no password is sent to ${host.host}:${host.port}: ${why} (tls mode ${tlsMode(settings.tls, host.host)})`,
		`Get the CA certificate from the server's administrator, and set \`tls: {mode: verify-full, ca: /path}\` (in a URL or the environment: sslmode, sslrootcert). To send the password anyway: ${cleartextHint}.`,
	);
}

export type OpenClientOptions = {
	readonly application: string;
	readonly signal: AbortSignal;
	readonly gate: LoginLimiter;
	/** The connection broke or ended. */
	readonly onLost: (client: Client) => void;
};

type ConnectAttempt = {readonly ssl: ConnectionOptions | false; readonly startup: string | undefined};

/** Logs in within the connect timeout. `abandon` is called once when time is up or the signal aborts. @throws AdapterError */
function logInWithin(
	{connectTimeoutMs: timeoutMs}: PostgresSettings,
	host: Host,
	signal: AbortSignal,
	login: () => Promise<OpenClient>,
	abandon: () => void,
): Promise<OpenClient> {
	const createTimeoutError = () => noResponseError(`${host.host}:${host.port}`, timeoutMs);
	return withDeadline({clock: systemClock, timeoutMs, createTimeoutError, signal}, loginSignal => {
		loginSignal.addEventListener('abort', abandon, {once: true});
		return login();
	});
}

async function tryOpenClient(
	library: PgModule,
	settings: PostgresSettings,
	host: Host,
	{ssl, startup}: ConnectAttempt,
	{application, signal, gate, onLost}: OpenClientOptions,
): Promise<OpenClient> {
	await gate.acquire(host, signal);
	let wasPasswordRequested = false;
	const limits = sessionLimitsOf(settings);
	const channel = () => channelSecurityOf(socketOf(client), settings.tls, host.host);
	const client = new library.Client({
		host: host.host,
		port: host.port,
		user: settings.user,
		database: settings.database,
		// Called for every method that needs a password, before anything is computed from it.
		password: async () => {
			wasPasswordRequested = true;
			const refusal = passwordRefusal(settings, host, channel());
			if (refusal !== undefined) throw refusal;
			return passwordOf(settings, host);
		},
		ssl,
		application_name: application,
		...(startup === undefined ? {} : {options: startup}),
		...commonConfig,
	});
	const drop = () => {
		onLost(client);
		socketOf(client).destroy();
	};
	const probe = startReachabilityCheck(host, Math.min(1000, settings.connectTimeoutMs / 2));
	let isAbandoned = false;
	/** A hanging backend does not end when its connection is closed. */
	const abandon = () => {
		isAbandoned = probe.hasAnswered;
		onLost(client);
		if (isAbandoned) gate.abandon(host, socketOf(client));
		else socketOf(client).destroy();
	};
	guardParser(client);
	// Without a listener a broken socket would end the process. The query rejects with the error.
	client.on('error', drop);
	client.on('end', drop);
	const login = async (): Promise<OpenClient> => {
		await client.connect();
		// An impostor could skip the password request and still answer.
		const refusal =
			wasPasswordRequested || settings.password === undefined ? undefined : passwordRefusal(settings, host, channel());
		if (refusal !== undefined) throw refusal;
		const {processID, secretKey} = client as unknown as {readonly processID: number; readonly secretKey: number};
		const row = firstRow((await client.query<TextRows[number]>(readLimitsSql)).rows);
		const pid = Number(row['pid']);
		return {
			client,
			host,
			channel: channel(),
			pooled: pid !== processID || !areLimitsInForce(limits, row),
			pid,
			ssl,
			cancelKey: {processId: processID, secret: secretKey},
		};
	};
	try {
		const open = await logInWithin(settings, host, signal, login, abandon);
		gate.markSucceeded(host);
		return open;
	} catch (error) {
		if (!isAbandoned) drop();
		throw error;
	} finally {
		probe.stop();
	}
}

/** Opens one connection to one host and logs in. @throws AdapterError */
export async function openClient(
	library: PgModule,
	settings: PostgresSettings,
	host: Host,
	options: OpenClientOptions,
): Promise<OpenClient> {
	try {
		let how: ConnectAttempt = {
			ssl: await postgresTlsOptions(settings.tls, host.host),
			startup: startupOptions(sessionLimitsOf(settings)),
		};
		for (;;) {
			try {
				return await tryOpenClient(library, settings, host, how, options);
			} catch (error) {
				const message = messageOf(error);
				const prefers = how.ssl !== false && tlsMode(settings.tls, host.host) === 'prefer';
				if (prefers && /does not support SSL/.test(message)) how = {...how, ssl: false};
				// A pooler: then each transaction sets the limits.
				else if (how.startup !== undefined && /unsupported startup parameter/.test(message))
					how = {...how, startup: undefined};
				else throw error;
			}
		}
	} catch (error) {
		throw postgresError(error, `${host.host}:${host.port}`);
	}
}

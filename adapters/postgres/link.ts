import type {Duplex} from 'node:stream';
import type {Client, ClientConfig} from 'pg';
import {AdapterError} from '../../src/errors.ts';
import type {PostgresSettings} from '../../src/port/postgres.ts';
import {bounded, calledOff} from './bounded.ts';
import type {Rows} from './decode.ts';
import {isServerError, postgresError} from './errors.ts';
import {createFraming} from './framing.ts';
import {passwordOf} from './password.ts';
import {tlsOptions} from './tls.ts';

export type Host = PostgresSettings['hosts'][number];

/** The part of the `pg` module that a link needs. */
export type Library = {readonly Client: typeof Client};

/** One connection of one role, opened by the first question and again by the next one after it broke. Questions wait for one another. */
export type Link = {
	/** Rejects with an AdapterError, at once when `signal` fires. */
	ask(text: string, values: readonly unknown[], signal: AbortSignal): Promise<Rows>;
	/** Whether a question was ever handed to the socket: until then, nothing can have happened at the far end. */
	readonly sent: boolean;
	/** The host that answered, and how many connections there were before this one. */
	readonly place: {readonly host: Host; readonly index: number; readonly generation: number} | undefined;
	/** Never hangs, never throws. */
	close(): Promise<void>;
};

/** A peer that is gone never answers a farewell: waited for this long, then the socket is destroyed. */
const farewellMs = 500;

/** The server ends its own statements first, so that its reason is read; the connection is given up this much later. */
const graceMs = 2000;

/** Every value as the server's text: no date loses its microseconds, no count its last digits. */
const asText = {getTypeParser: () => (value: string) => value} as unknown as NonNullable<ClientConfig['types']>;

/** Sent at start-up, so that no statement runs without them. Fixed date style and zone make timestamps mean the same in any other session. */
const sessionOptions = (settings: PostgresSettings): string =>
	Object.entries({
		statement_timeout: `${settings.statementTimeoutMs}`,
		lock_timeout: '500',
		idle_in_transaction_session_timeout: '5000',
		default_transaction_read_only: 'on',
		search_path: 'pg_catalog',
		jit: 'off',
		datestyle: 'ISO',
		timezone: 'UTC',
		client_min_messages: 'error',
	})
		.map(([name, value]) => `-c ${name}=${value}`)
		.join(' ');

const socketOf = (client: Client): Duplex => client.connection.stream;

const notPostgres = (cause?: unknown): AdapterError =>
	new AdapterError(
		'malformed',
		'the answer cannot be read',
		'What answers there does not speak PostgreSQL: check host and port.',
		{
			cause,
		},
	);

/**
 * The parser of `pg` throws on bytes that are not PostgreSQL's inside the socket's event, where nobody could catch it, or waits for what
 * will never come: it is not given them.
 */
function guardParser(client: Client): void {
	const connection = client.connection as unknown as {attachListeners(stream: Duplex): void};
	const attach = connection.attachListeners.bind(connection);
	connection.attachListeners = stream => {
		const isPostgres = createFraming();
		const emit = stream.emit.bind(stream) as (event: string | symbol, ...values: unknown[]) => boolean;
		stream.emit = (event: string | symbol, ...values: unknown[]) => {
			if (event !== 'data') return emit(event, ...values);
			const [chunk] = values;
			try {
				if (Buffer.isBuffer(chunk) && isPostgres(chunk)) return emit(event, ...values);
				stream.destroy(notPostgres());
			} catch (cause) {
				stream.destroy(notPostgres(cause));
			}
			return true;
		};
		attach(stream);
	};
}

export function createLink(
	library: Library,
	settings: PostgresSettings,
	options: {readonly application: string; readonly hosts: readonly Host[]},
): Link {
	let client: Client | undefined;
	let place: Link['place'];
	let generation = 0;
	const closing = new AbortController();
	let sent = false;
	let queue: Promise<unknown> = Promise.resolve();

	function drop(broken: Client): void {
		if (client === broken) client = undefined;
		socketOf(broken).destroy();
	}

	async function connectOnce(
		host: Host,
		ssl: Awaited<ReturnType<typeof tlsOptions>>,
		signal: AbortSignal,
	): Promise<Client> {
		const fresh = new library.Client({
			host: host.host,
			port: host.port,
			user: settings.user,
			database: settings.database,
			password: () => passwordOf(settings, host),
			ssl,
			application_name: options.application,
			client_encoding: 'UTF8',
			options: sessionOptions(settings),
			keepAlive: true,
			keepAliveInitialDelayMillis: 10_000,
			types: asText,
		});
		guardParser(fresh);
		// Without a listener a broken socket would end the process. Who waits is told by the rejection of the question.
		fresh.on('error', () => drop(fresh));
		fresh.on('end', () => drop(fresh));
		const what = `${host.host}:${host.port}`;
		await bounded(fresh.connect(), {ms: settings.connectTimeoutMs, what, signal}, () => drop(fresh)).catch(error => {
			drop(fresh);
			throw error;
		});
		return fresh;
	}

	async function connectTo(host: Host, signal: AbortSignal): Promise<Client> {
		try {
			const ssl = await tlsOptions(settings.tls, host.host);
			try {
				return await connectOnce(host, ssl, signal);
			} catch (error) {
				const refused = error instanceof Error && /does not support SSL/.test(error.message);
				if (settings.tls.mode !== 'prefer' || !refused) throw error;
				return await connectOnce(host, false, signal);
			}
		} catch (error) {
			throw postgresError(error, `${host.host}:${host.port}`);
		}
	}

	async function connected(signal: AbortSignal): Promise<Client> {
		if (client !== undefined) return client;
		const failures: AdapterError[] = [];
		for (const [index, host] of options.hosts.entries()) {
			try {
				const fresh = await connectTo(host, signal);
				generation += 1;
				client = fresh;
				place = {host, index, generation};
				return fresh;
			} catch (error) {
				const failure = postgresError(error);
				failures.push(failure);
				// A wrong password is wrong on every host; only a host that is not there has a stand-in.
				if (signal.aborted || (failure.kind !== 'unreachable' && failure.kind !== 'timeout')) throw failure;
			}
		}
		const [first, ...others] = failures;
		if (first === undefined)
			throw new AdapterError('unsupported', 'no host is named', 'Name one in the configuration.');
		if (others.length === 0) throw first;
		throw new AdapterError(first.kind, failures.map(({message}) => message).join('; '), first.hint, {
			cause: first.cause,
		});
	}

	async function turn<T>(asker: AbortSignal, work: (on: Client) => Promise<T>): Promise<T> {
		const signal = AbortSignal.any([asker, closing.signal]);
		if (signal.aborted) throw calledOff(signal);
		const on = await connected(signal);
		const ms = settings.statementTimeoutMs + graceMs;
		try {
			return await bounded(work(on), {ms, what: 'the server', signal}, () => drop(on));
		} catch (error) {
			if (!isServerError(error)) drop(on);
			throw postgresError(error);
		}
	}

	/** Everything goes through one queue; who is called off leaves it at once. */
	function enqueue<T>(signal: AbortSignal, work: (on: Client) => Promise<T>): Promise<T> {
		const result = queue.then(() => turn(signal, work));
		queue = result.catch(() => {});
		return new Promise<T>((resolve, reject) => {
			const abort = () => reject(calledOff(signal));
			if (signal.aborted) abort();
			signal.addEventListener('abort', abort, {once: true});
			void result.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
		});
	}

	return {
		ask: (text, values, signal) =>
			enqueue(signal, async on => {
				sent = true;
				return (await on.query<Rows[number]>(text, [...values])).rows;
			}),
		get sent() {
			return sent;
		},
		get place() {
			return client === undefined ? undefined : place;
		},
		async close() {
			closing.abort(new AdapterError('unreachable', 'the connection was closed', 'It is not opened again.'));
			const last = client;
			client = undefined;
			if (last === undefined) return;
			const patience = setTimeout(() => drop(last), farewellMs);
			await Promise.race([
				last.end().catch(() => {}),
				new Promise<void>(resolve => socketOf(last).once('close', () => resolve())),
			]);
			clearTimeout(patience);
			drop(last);
		},
	};
}

import {AdapterError, isAdapterError} from '../../../src/errors.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {cancellationError, settleWithin, withDeadline} from '../../../src/time/deadline.ts';
import {isServerError, noResponseError, postgresError} from '../errors.ts';
import {cancelAndWait} from './cancel-request.ts';
import {type ConnectedHost, createClientSlot, type PostgresConnectionOptions} from './client-slot.ts';
import type {TextRows} from './decode.ts';
import type {OpenClient, PgModule} from './open-client.ts';
import {createRequestQueue} from './request-queue.ts';
import {createStatementRunner} from './run-statement.ts';

/** One connection of one role. The first query opens it, and the next one after it broke. Queries run one after the other. */
export type PostgresConnection = {
	/** Rejects with an AdapterError, at once when `signal` fires: the statement is then cancelled on the server before the next one begins. */
	query(text: string, values: readonly unknown[], signal: AbortSignal): Promise<TextRows>;
	/** As `query`, under another application_name. */
	queryAs(application: string, text: string, values: readonly unknown[], signal: AbortSignal): Promise<TextRows>;
	/** Keeps our own statements out of pg_stat_statements. Superusers only. */
	disableStatementTracking(signal: AbortSignal): Promise<void>;
	/** Whether a query was ever handed to the socket: until then, nothing can have happened on the server. */
	readonly hasSent: boolean;
	readonly connectedHost: ConnectedHost | undefined;
	/** Cancels what runs. Never hangs, never throws. */
	close(): Promise<void>;
};

/** How long `close` waits for the running query and the end of the session; then the socket is destroyed. */
const closeTimeoutMs = 500;

/** The server's own statement_timeout comes first, so that its error is read; the connection is given up this much later. */
const graceMs = 2000;

const setConfigSql = 'SELECT pg_catalog.set_config($1, $2, false)';

export function createPostgresConnection(
	library: PgModule,
	settings: PostgresSettings,
	options: PostgresConnectionOptions,
): PostgresConnection {
	const closing = new AbortController();
	const clients = createClientSlot(library, settings, options);
	const queue = createRequestQueue();
	const statements = createStatementRunner(settings, options);
	let hasSent = false;

	/** Runs the work with its deadline. A failure leaves the connection open only when nothing can still run on it. */
	async function runOn<T>(on: OpenClient, signal: AbortSignal, work: (on: OpenClient) => Promise<T>): Promise<T> {
		const timeoutMs = settings.statementTimeoutMs + graceMs;
		const createTimeoutError = () => noResponseError('the server', timeoutMs);
		const running = trackSettled(statements.checkAbandoned(on).then(() => work(on)));
		try {
			return await withDeadline({clock: systemClock, timeoutMs, createTimeoutError, signal}, () => running.promise);
		} catch (error) {
			if (!running.isSettled()) {
				if (!(await cancelAndWait(on, running.settled))) {
					statements.markAbandoned();
					clients.drop(on);
				}
			} else if (!isServerError(error) && !isAdapterError(error)) clients.drop(on);
			throw postgresError(error);
		}
	}

	const enqueue = <T>(signal: AbortSignal, work: (on: OpenClient) => Promise<T>): Promise<T> =>
		queue.add(signal, async () => {
			const either = AbortSignal.any([signal, closing.signal]);
			if (either.aborted) throw cancellationError(either);
			return runOn(await clients.get(either), either, work);
		});

	return {
		query: (text, values, signal) =>
			enqueue(signal, on => {
				hasSent = true;
				return statements.run(on, text, values);
			}),
		queryAs: (application, text, values, signal) =>
			enqueue(signal, async on => {
				const rename = (name: string) => statements.run(on, setConfigSql, ['application_name', name]);
				if (!on.pooled) await rename(application);
				hasSent = true;
				try {
					return await statements.run(on, text, values, {application, acts: true});
				} finally {
					if (!on.pooled) await rename(options.application).catch(() => []);
				}
			}),
		disableStatementTracking: signal =>
			enqueue(signal, async on => {
				const [name, value] = ['pg_stat_statements.track', 'none'] as const;
				// A session setting of a pooled connection would also apply to other clients of the pooler.
				if (on.pooled) statements.setLimit(name, value);
				else await statements.run(on, setConfigSql, [name, value]);
			}),
		get hasSent() {
			return hasSent;
		},
		get connectedHost() {
			return clients.connectedHost;
		},
		async close() {
			closing.abort(new AdapterError('unreachable', 'the connection was closed', 'It is not opened again.'));
			const closeBy = systemClock.monotonic() + closeTimeoutMs;
			await settleWithin(systemClock, closeTimeoutMs, queue.idle);
			await clients.close(closeBy - systemClock.monotonic());
		},
	};
}

/** A promise with a flag that shows whether it has settled. */
function trackSettled<T>(promise: Promise<T>) {
	let done = false;
	const markDone = () => {
		done = true;
	};
	return {promise, settled: promise.then(markDone, markDone), isSettled: () => done};
}

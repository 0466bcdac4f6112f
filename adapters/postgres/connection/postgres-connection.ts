import type {Client} from 'pg';
import type {ChannelSecurity} from '../../../src/contract/channel-security.ts';
import {AdapterError, isAdapterError} from '../../../src/errors.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {cancellationError, untilAborted, withDeadline} from '../../../src/time/deadline.ts';
import {isServerError, noResponseError, postgresError} from '../errors.ts';
import {requestCancel} from './cancel-request.ts';
import type {TextRows} from './decode.ts';
import type {LoginLimiter} from './login-limiter.ts';
import {type Host, type OpenClient, openClient, type PgModule, socketOf} from './open-client.ts';
import {beginSql, sessionLimitsOf} from './session-limits.ts';

/** One connection of one role, opened by the first question and again by the next one after it broke. Questions wait for one another. */
export type PostgresConnection = {
	/** Rejects with an AdapterError, at once when `signal` fires: the statement is then cancelled on the server before the next one begins. */
	query(text: string, values: readonly unknown[], signal: AbortSignal): Promise<TextRows>;
	/** As `ask`, under another application_name. */
	queryAs(application: string, text: string, values: readonly unknown[], signal: AbortSignal): Promise<TextRows>;
	/** Keeps our own statements out of pg_stat_statements. Only a superuser may ask for it. */
	disableStatementTracking(signal: AbortSignal): Promise<void>;
	/** Whether a question was ever handed to the socket: until then, nothing can have happened at the far end. */
	readonly hasSent: boolean;
	readonly connectedHost: ConnectedHost | undefined;
	/** Never hangs, never throws. */
	close(): Promise<void>;
};

/** The host that answered, and how many connections there were before this one. */
export type ConnectedHost = {
	readonly host: Host;
	readonly index: number;
	readonly generation: number;
	readonly channel: ChannelSecurity;
	/** Each question runs in a transaction of its own, on whatever backend the pooler gives. */
	readonly pooled: boolean;
};

/** A peer that is gone never answers a farewell: waited for this long, then the socket is destroyed. */
const terminateTimeoutMs = 500;

/** The server ends its own statements first, so that its reason is read; the connection is given up this much later. */
const graceMs = 2000;

/** For a statement to end once it is cancelled. */
const cancelMs = 1000;

/** A statement of ours that was given up and not seen to end. */
type AbandonedStatement = {readonly pid: number};

const stillRunningError = ({pid}: AbandonedStatement): AdapterError =>
	new AdapterError(
		'timeout',
		`the last read still runs on the server, as pid ${pid}, though it was cancelled`,
		'No other is begun until it ends. Look at that session and at the load of the server.',
	);

const isStillActiveSql = `SELECT 1 AS found FROM pg_catalog.pg_stat_activity
	WHERE pid = $1::int AND state = 'active' AND application_name LIKE 'midwatch%' AND pid <> pg_catalog.pg_backend_pid()`;

export function createPostgresConnection(
	library: PgModule,
	settings: PostgresSettings,
	options: {
		readonly application: string;
		readonly hosts: readonly Host[];
		/** Shared by the links of one role. */
		readonly gate: LoginLimiter;
		/** What it asks changes something: nothing is sent before the limits are known to be in force. */
		readonly acts?: boolean;
	},
): PostgresConnection {
	let limits = sessionLimitsOf(settings);
	let open: OpenClient | undefined;
	let place: ConnectedHost | undefined;
	let generation = 0;
	const closing = new AbortController();
	let sent = false;
	let queue: Promise<unknown> = Promise.resolve();
	/** Of the backend that runs the question: behind a pooler it is another one for each. */
	let backend: number | undefined;
	let abandoned: AbandonedStatement | undefined;

	function lost(broken: Client): void {
		if (open?.client === broken) open = undefined;
	}

	function drop(broken: OpenClient): void {
		lost(broken.client);
		socketOf(broken.client).destroy();
	}

	async function connected(signal: AbortSignal): Promise<OpenClient> {
		if (open !== undefined) return open;
		const failures: AdapterError[] = [];
		for (const [index, host] of options.hosts.entries()) {
			try {
				const {application, gate} = options;
				const fresh = await openClient(library, settings, host, {application, signal, gate, onLost: lost});
				generation += 1;
				open = fresh;
				place = {host, index, generation, channel: fresh.channel, pooled: fresh.pooled};
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

	/** One statement with the limits in force, in a transaction that cannot write. */
	async function run(
		on: OpenClient,
		text: string,
		values: readonly unknown[],
		{application = options.application, acts = options.acts ?? false} = {},
	): Promise<TextRows> {
		const {client} = on;
		const statement = () => client.query<TextRows[number]>(text, [...values]);
		if (!on.pooled) {
			backend = on.pid;
			return (await statement()).rows;
		}
		backend = undefined;
		const begun = client.query<TextRows[number]>(beginSql(limits, application)).then(result => {
			const [, first] = result as unknown as readonly {readonly rows: TextRows}[];
			backend = Number(first?.rows[0]?.['pid']);
		});
		if (acts) await begun;
		// The parts go out together. A statement that failed makes a rollback of the commit.
		const [began, answer, committed] = await Promise.allSettled([begun, statement(), client.query('COMMIT')]);
		if (began.status === 'rejected') throw began.reason;
		if (answer.status === 'rejected') throw answer.reason;
		if (committed.status === 'rejected') throw committed.reason;
		return answer.value.rows;
	}

	/** Ends what runs on the server for a question that has no caller any more. The connection stays open when that is seen to end. */
	async function callOff(on: OpenClient, ended: Promise<void>): Promise<void> {
		let over = false;
		void ended.then(() => {
			over = true;
		});
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<void>(resolve => {
			timer = setTimeout(resolve, cancelMs);
		});
		const cancelled = requestCancel(on.host, on.cancelKey, {ssl: on.ssl, ms: cancelMs});
		// Both: a signal that is still under way would hit the next statement.
		await Promise.race([Promise.all([cancelled, ended]), late]);
		clearTimeout(timer);
		if (over) return;
		if (backend !== undefined) abandoned = {pid: backend};
		drop(on);
	}

	/** @throws AdapterError `timeout` while a statement of ours that was given up still runs: there is never more than one. */
	async function expectNoneLeft(on: OpenClient): Promise<void> {
		if (abandoned === undefined) return;
		const found = await run(on, isStillActiveSql, [abandoned.pid], {acts: false});
		if (found.length > 0) throw stillRunningError(abandoned);
		abandoned = undefined;
	}

	async function turn<T>(asker: AbortSignal, work: (on: OpenClient) => Promise<T>): Promise<T> {
		const signal = AbortSignal.any([asker, closing.signal]);
		if (signal.aborted) throw cancellationError(signal);
		const on = await connected(signal);
		const timeoutMs = settings.statementTimeoutMs + graceMs;
		const createTimeoutError = () => noResponseError('the server', timeoutMs);
		const running = expectNoneLeft(on).then(() => work(on));
		let over = false;
		const ended = running.then(
			() => {
				over = true;
			},
			() => {
				over = true;
			},
		);
		try {
			return await withDeadline({clock: systemClock, timeoutMs, createTimeoutError, signal}, () => running);
		} catch (error) {
			if (!over) await callOff(on, ended);
			else if (!isServerError(error) && !isAdapterError(error)) drop(on);
			throw postgresError(error);
		}
	}

	/** Everything goes through one queue; who is called off leaves it at once. */
	function enqueue<T>(signal: AbortSignal, work: (on: OpenClient) => Promise<T>): Promise<T> {
		const result = queue.then(() => turn(signal, work));
		queue = result.catch(() => {});
		return untilAborted(result, signal);
	}

	const renameSql = "SELECT pg_catalog.set_config('application_name', $1, false)";

	return {
		query: (text, values, signal) =>
			enqueue(signal, on => {
				sent = true;
				return run(on, text, values);
			}),
		queryAs: (application, text, values, signal) =>
			enqueue(signal, async on => {
				if (!on.pooled) await run(on, renameSql, [application]);
				sent = true;
				try {
					return await run(on, text, values, {application, acts: true});
				} finally {
					if (!on.pooled) await run(on, renameSql, [options.application]).catch(() => []);
				}
			}),
		disableStatementTracking: signal =>
			enqueue(signal, async on => {
				const [name, value] = ['pg_stat_statements.track', 'none'];
				// What is set for the session of a pooled connection would be set for other clients of the pooler too.
				if (on.pooled) limits = {...limits, [name]: value};
				else await run(on, 'SELECT pg_catalog.set_config($1, $2, false)', [name, value]);
			}),
		get hasSent() {
			return sent;
		},
		get connectedHost() {
			return open === undefined ? undefined : place;
		},
		async close() {
			closing.abort(new AdapterError('unreachable', 'the connection was closed', 'It is not opened again.'));
			let timer: NodeJS.Timeout | undefined;
			const late = new Promise<void>(resolve => {
				timer = setTimeout(resolve, terminateTimeoutMs);
			});
			// What still runs is cancelled first.
			await Promise.race([queue, late]);
			const last = open;
			open = undefined;
			if (last !== undefined) {
				const gone = new Promise<void>(resolve => socketOf(last.client).once('close', () => resolve()));
				await Promise.race([last.client.end().catch(() => {}), gone, late]);
				drop(last);
			}
			clearTimeout(timer);
		},
	};
}

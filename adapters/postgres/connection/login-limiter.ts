import type {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {AdapterError} from '../../../src/errors.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {exponentialDelay} from '../../../src/time/backoff.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {withDeadline} from '../../../src/time/deadline.ts';
import {noResponseError} from '../errors.ts';

type Host = PostgresSettings['hosts'][number];

/**
 * Limits the backends that logins of one role can leave on a server. A backend that waits for a lock during login (on pg_authid, for example)
 * does not notice that its client disconnected, and there is no cancel key yet: each new attempt would leave one more.
 */
export type LoginLimiter = {
	/**
	 * Resolves when a login to this host may begin: at once, or when the server has closed the abandoned connections.
	 * @throws AdapterError `timeout` while it has not.
	 */
	acquire(host: Host, signal: AbortSignal): Promise<void>;
	/** Gives up a login to a server that is reachable: ends the socket, and holds it until the server closes it too. */
	abandon(host: Host, socket: Duplex): void;
	/** A login has succeeded: the next backoff is the shortest again. */
	markSucceeded(host: Host): void;
	close(): void;
};

/** How long a server may take to close a socket that we have ended: a round trip, and some time when it is busy. */
const closeMs = 1000;
/** The delay after an abandoned login. */
const backoff = {initialMs: 30_000, maxMs: 10 * 60_000};

/** `sockets`: those that the server has not closed, each with a promise that resolves when it does. */
type AbandonedLogins = {readonly sockets: Map<Duplex, Promise<void>>; attempts: number; until: number};

const stillWaitingError = (host: Host, ms: number): AdapterError =>
	new AdapterError(
		'timeout',
		`${host.host}:${host.port}: the last login was given up, but its backend still waits on the server`,
		`The next login is tried once the server closes that connection, or in ${Math.ceil(ms / 1000)} s. Look there for a lock on pg_authid or pg_database, and at the load.`,
	);

/** `now`: monotonic time in milliseconds. */
export function createLoginLimiter(now: () => number = systemClock.monotonic): LoginLimiter {
	const abandoned = new Map<string, AbandonedLogins>();
	const key = ({host, port}: Host) => `${host}:${port}`;

	return {
		async acquire(host, signal) {
			const found = abandoned.get(key(host));
			if (found === undefined || found.sockets.size === 0) return;
			const closed = Promise.all(found.sockets.values()).then(() => {});
			const createTimeoutError = () => noResponseError(key(host), closeMs);
			const options = {clock: systemClock, timeoutMs: closeMs, createTimeoutError, signal};
			await withDeadline(options, () => closed).catch((error: unknown) => {
				if (signal.aborted) throw error;
				const ms = found.until - now();
				if (ms > 0) throw stillWaitingError(host, ms);
			});
		},
		abandon(host, socket) {
			if (socket.destroyed) return;
			const entry = abandoned.get(key(host)) ?? {sockets: new Map(), attempts: 0, until: 0};
			abandoned.set(key(host), entry);
			entry.until = now() + exponentialDelay(entry.attempts, backoff);
			entry.attempts += 1;
			const closed = new Promise<void>(resolve => socket.once('close', () => resolve())).then(() => {
				entry.sockets.delete(socket);
				if (entry.sockets.size === 0) entry.attempts = 0;
			});
			entry.sockets.set(socket, closed);
			socket.on('error', () => {});
			// No password is computed for a late answer.
			socket.removeAllListeners('data');
			socket.resume();
			socket.end();
			// The process may exit while such a socket is open.
			(socket as Socket).unref?.();
		},
		markSucceeded(host) {
			const entry = abandoned.get(key(host));
			if (entry !== undefined) entry.attempts = 0;
		},
		close() {
			for (const {sockets} of abandoned.values()) for (const socket of sockets.keys()) socket.destroy();
		},
	};
}

import type {Identity} from '../contract/identity.ts';
import type {Connection} from '../contract/system.ts';
import {AdapterError} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';

const identifyTimeoutMs = 5_000;
/** The delay before a server that did not report its identity is queried again. */
const retryMs = 30_000;

/** Reads the identity of one target once, and again after `expire`. */
export type IdentityReader = {
	/** Undefined until the server has reported it. */
	identity(): Identity | undefined;
	/** Reads it unless it is known, in flight, or failed within the last 30 s. Never throws: the sources report what cannot be read. */
	read(): Promise<void>;
	/** The server failed and may be another one now: the next `read` queries it again. */
	expire(): void;
	close(): void;
};

export function createIdentityReader(options: {
	readonly clock: Clock;
	readonly connect: () => Promise<Connection<unknown>>;
	readonly changed: () => void;
}): IdentityReader {
	const {clock, connect, changed} = options;
	let identity: Identity | undefined;
	let nextReadAt = Number.NEGATIVE_INFINITY;
	let inFlight: AbortController | undefined;
	let closed = false;

	const createTimeoutError = () =>
		new AdapterError('timeout', 'the server did not report its identity', 'midwatch tries again.');

	return {
		identity: () => identity,
		async read() {
			if (closed || inFlight !== undefined || clock.monotonic() < nextReadAt) return;
			inFlight = new AbortController();
			nextReadAt = clock.monotonic() + retryMs;
			const deadline = {clock, timeoutMs: identifyTimeoutMs, createTimeoutError, signal: inFlight.signal};
			try {
				identity = await withDeadline(deadline, async signal => (await connect()).identify({signal, now: clock.now}));
				nextReadAt = Number.POSITIVE_INFINITY;
				if (!closed) changed();
			} catch {
				// An identity only decorates.
			} finally {
				inFlight = undefined;
			}
		},
		expire() {
			nextReadAt = Number.NEGATIVE_INFINITY;
		},
		close() {
			closed = true;
			inFlight?.abort(new AdapterError('timeout', 'cancelled', 'midwatch is closing.'));
		},
	};
}

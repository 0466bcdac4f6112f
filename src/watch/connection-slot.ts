import type {Connection} from '../contract/system.ts';
import {AdapterError} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {settleWithin, withDeadline} from '../time/deadline.ts';
import {createSingleflight} from '../time/singleflight.ts';

/** By contract, connecting only loads a client library; this limits one that takes longer. */
const connectTimeoutMs = 10_000;
const closeTimeoutMs = 3_000;

/** Holds the one connection of a target: connects on first use, shares it, and connects again after a failure. */
export type ConnectionSlot = {
	/** Resolves with the connection; connects if there is none. @throws AdapterError of connecting; `unreachable` after `close`. */
	get(): Promise<Connection<unknown>>;
	/** Waits at most three seconds, never throws, and may be called twice. A connection still in progress is closed when it opens. */
	close(): Promise<void>;
};

export function createConnectionSlot(clock: Clock, connect: () => Promise<Connection<unknown>>): ConnectionSlot {
	const connecting = createSingleflight<Connection<unknown>>();
	let open: Connection<unknown> | undefined;
	let closing: Promise<void> | undefined;

	const createTimeoutError = () =>
		new AdapterError(
			'timeout',
			'connecting takes too long',
			'midwatch tries again. Check whether the disk or the network is slow.',
		);

	async function openConnection(): Promise<Connection<unknown>> {
		let isWanted = true;
		try {
			const connection = await withDeadline({clock, timeoutMs: connectTimeoutMs, createTimeoutError}, async () => {
				const fresh = await connect();
				if (!isWanted) void ignoreErrors(fresh.close());
				return fresh;
			});
			if (closing !== undefined) {
				void ignoreErrors(connection.close());
				throw closedError();
			}
			open = connection;
			return connection;
		} catch (error) {
			isWanted = false;
			throw error;
		}
	}

	return {
		async get() {
			if (closing !== undefined) throw closedError();
			return open ?? connecting.run(openConnection);
		},
		close() {
			closing ??= open === undefined ? Promise.resolve() : settleWithin(clock, closeTimeoutMs, open.close());
			return closing;
		},
	};
}

const closedError = () => new AdapterError('unreachable', 'midwatch is closing', 'Start midwatch again.');

async function ignoreErrors(work: Promise<void>): Promise<void> {
	try {
		await work;
	} catch {
		// By contract close() does not throw; an error here could not be shown.
	}
}

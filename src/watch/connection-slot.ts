import type {Connection} from '../contract/system.ts';
import {AdapterError} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {settleWithin, withDeadline} from '../time/deadline.ts';
import {createSingleflight} from '../time/singleflight.ts';

/** Connecting only loads a client library (the contract says so); this is for when it does not keep its word. */
const connectMs = 10_000;
const closeMs = 3_000;

/** The one connection of a target: made when first asked for, shared by all who ask, made again after it failed. */
export type ConnectionSlot = {
	/** @throws AdapterError of whatever connecting failed with; `unreachable` once it is closed. */
	get(): Promise<Connection<unknown>>;
	/** Waits at most three seconds, never throws, and may be called twice. A connection that is still being made is closed when it is. */
	close(): Promise<void>;
};

export function createConnectionSlot(clock: Clock, connect: () => Promise<Connection<unknown>>): ConnectionSlot {
	const connecting = createSingleflight<Connection<unknown>>();
	let open: Connection<unknown> | undefined;
	let closing: Promise<void> | undefined;

	const late = () =>
		new AdapterError(
			'timeout',
			'connecting takes too long',
			'It is tried again. Look whether the disk or the network is slow.',
		);

	async function make(): Promise<Connection<unknown>> {
		let wanted = true;
		try {
			const connection = await withDeadline({clock, timeoutMs: connectMs, createTimeoutError: late}, async () => {
				const fresh = await connect();
				if (!wanted) void ignoreErrors(fresh.close());
				return fresh;
			});
			if (closing !== undefined) {
				void ignoreErrors(connection.close());
				throw closed();
			}
			open = connection;
			return connection;
		} catch (error) {
			wanted = false;
			throw error;
		}
	}

	return {
		async get() {
			if (closing !== undefined) throw closed();
			return open ?? connecting.run(make);
		},
		close() {
			closing ??= open === undefined ? Promise.resolve() : settleWithin(clock, closeMs, open.close());
			return closing;
		},
	};
}

const closed = () => new AdapterError('unreachable', 'midwatch is closing', 'Start midwatch again.');

async function ignoreErrors(work: Promise<void>): Promise<void> {
	try {
		await work;
	} catch {
		// The contract forbids close() to throw; one that does has nobody left to tell.
	}
}

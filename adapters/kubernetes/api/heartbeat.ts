import {AdapterError} from '../../../src/errors.ts';
import {type Clock, pause} from './clock.ts';
import type {Timings} from './timings.ts';
import type {ApiTransport} from './transport.ts';

export type Heartbeat = {
	/** How long the last sign of life took; undefined before the first. */
	latencyMs(): number | undefined;
	/** Epoch milliseconds: when one was last asked for that came; undefined before the first. */
	lastAnswerAt(): number | undefined;
	stop(): void;
};

/**
 * Asks the server for a sign of life every few seconds: a watch on which nothing happens looks the same as one whose other end has gone.
 * `lost` is told when none comes, and after this machine slept.
 */
export function startHeartbeat(
	transport: ApiTransport,
	clock: Clock,
	timings: Timings,
	lost: (reason: AdapterError) => void,
): Heartbeat {
	const life = new AbortController();
	let latencyMs: number | undefined;
	let heardAt: number | undefined;

	/** Why there was none, or undefined. */
	async function beat(): Promise<AdapterError | undefined> {
		const request = {
			method: 'GET',
			path: '/version',
			pool: 'heartbeat',
			operation: 'a sign of life',
			headersTimeoutMs: timings.heartbeatTimeoutMs,
			silenceTimeoutMs: timings.heartbeatTimeoutMs,
		} as const;
		const began = clock.now();
		try {
			await transport.text(request, life.signal);
			latencyMs = clock.now() - began;
		} catch (error) {
			// A server that refuses is alive.
			if (error instanceof AdapterError && !error.harmless) return error;
		}
		heardAt = began;
		return undefined;
	}

	async function run(): Promise<void> {
		while (!life.signal.aborted) {
			const began = clock.now();
			await pause(clock, timings.heartbeatIntervalMs, life.signal);
			if (life.signal.aborted) return;
			if (clock.now() - began > timings.heartbeatIntervalMs * 3) {
				lost(new AdapterError('unreachable', 'this machine was asleep', 'It is connected anew.'));
			}
			let failure = await beat();
			// One late answer is a hiccup.
			if (failure?.kind === 'timeout') failure = await beat();
			if (failure !== undefined && !life.signal.aborted) lost(failure);
		}
	}
	void run();

	return {latencyMs: () => latencyMs, lastAnswerAt: () => heardAt, stop: () => life.abort()};
}

import {AdapterError} from '../../../src/errors.ts';
import {type Clock, pause} from '../../../src/time/clock.ts';
import type {ApiTransport} from '../api/transport.ts';
import type {Timings} from './timings.ts';

export type Heartbeat = {
	/** Latency of the last heartbeat; undefined before the first. */
	latencyMs(): number | undefined;
	/** Epoch milliseconds when the last answered heartbeat was sent; undefined before the first. */
	lastAnswerAt(): number | undefined;
	stop(): void;
};

/**
 * Sends a small request to the server every few seconds: a watch without changes looks the same as one whose connection is dead. Calls
 * `onLost` when a heartbeat fails, and after this machine was suspended.
 */
export function startHeartbeat(
	transport: ApiTransport,
	clock: Clock,
	timings: Timings,
	onLost: (reason: AdapterError) => void,
): Heartbeat {
	const stopping = new AbortController();
	let latencyMs: number | undefined;
	let lastAnswerAt: number | undefined;

	/** Sends one heartbeat. Returns why it failed; undefined when the server answered. */
	async function beat(): Promise<AdapterError | undefined> {
		const request = {
			method: 'GET',
			path: '/version',
			pool: 'heartbeat',
			operation: 'a heartbeat',
			headersTimeoutMs: timings.heartbeatTimeoutMs,
			silenceTimeoutMs: timings.heartbeatTimeoutMs,
		} as const;
		const began = clock.now();
		try {
			await transport.text(request, stopping.signal);
			latencyMs = clock.now() - began;
		} catch (error) {
			// A server that refuses the request is alive.
			if (error instanceof AdapterError && !error.harmless) return error;
		}
		lastAnswerAt = began;
		return undefined;
	}

	async function run(): Promise<void> {
		while (!stopping.signal.aborted) {
			const began = clock.now();
			await pause(clock, timings.heartbeatIntervalMs, stopping.signal);
			if (stopping.signal.aborted) return;
			if (clock.now() - began > timings.heartbeatIntervalMs * 3) {
				onLost(new AdapterError('unreachable', 'this machine was suspended', 'midwatch reconnects.'));
			}
			let failure = await beat();
			// Retry once: a single late answer is no failure.
			if (failure?.kind === 'timeout') failure = await beat();
			if (failure !== undefined && !stopping.signal.aborted) onLost(failure);
		}
	}
	void run();

	return {latencyMs: () => latencyMs, lastAnswerAt: () => lastAnswerAt, stop: () => stopping.abort()};
}

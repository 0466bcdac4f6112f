import {AdapterError} from '../../src/errors.ts';
import {type Clock, pause} from './clock.ts';
import type {Timings} from './timings.ts';
import type {Transport} from './transport.ts';

/**
 * Asks the server for a sign of life every few seconds: a watch on which nothing happens looks the same as one whose other end has gone.
 * `lost` is told at every failure of it, and after this machine slept.
 */
export function startPulse(
	transport: Transport,
	clock: Clock,
	timings: Timings,
	lost: (reason: AdapterError) => void,
): {stop(): void} {
	const life = new AbortController();

	async function beat(): Promise<void> {
		const request = {
			method: 'GET',
			path: '/version',
			pool: 'read',
			asked: 'a sign of life',
			headMs: timings.pulseLateMs,
			silentMs: timings.pulseLateMs,
		} as const;
		try {
			await transport.text(request, life.signal);
		} catch (error) {
			// A server that refuses is alive.
			if (life.signal.aborted || !(error instanceof AdapterError) || error.harmless) return;
			lost(error);
		}
	}

	async function run(): Promise<void> {
		while (!life.signal.aborted) {
			const began = clock.now();
			await pause(clock, timings.pulseMs, life.signal);
			if (life.signal.aborted) return;
			if (clock.now() - began > timings.pulseMs * 3) {
				const hint = 'It is connected anew.';
				lost(new AdapterError('unreachable', 'this machine was asleep', hint));
			}
			await beat();
		}
	}
	void run();

	return {stop: () => life.abort()};
}

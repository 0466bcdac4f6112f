import {setTimeout as pause} from 'node:timers/promises';
import type {Watch} from '../../src/watch/watch.ts';
import type {FakeClock} from '../fake-clock.ts';

/** Sources that read over a socket or yield to the event loop, which takes real time. */
const overSocket = /^(?:kubernetes|prometheus|alertmanager|kafka)\./;

/** The first read of each target loads its client, on a machine that may be busy. Time that went on meanwhile would give other figures. */
const firstReadTimeoutMs = 60_000;

/** Whether reads are in flight: the time for which they were planned has come, and no next one is planned yet. */
const isReading = (watch: Watch, now: number): boolean =>
	watch.readings().some(({kind, state, nextAt = 0}) => overSocket.test(kind) && state !== 'paused' && nextAt <= now);

/**
 * Advances the fake clock. Waits for requests over sockets before the clock moves on, as if responses took no time. `now` is the clock of the watch.
 */
export async function advanceDemo(
	watch: Watch,
	clock: FakeClock,
	seconds: number,
	now: () => number = clock.now,
): Promise<void> {
	const until = clock.now() + seconds * 1000;
	await clock.advance(0);
	for (;;) {
		const end = Date.now() + firstReadTimeoutMs;
		while (isReading(watch, now())) {
			if (Date.now() > end) throw new Error('the demo does not come to rest: a read does not end');
			await pause(1);
		}
		// On a clock that does not move nothing shows that a read is in flight.
		if (now !== clock.now) await pause(2);
		if (clock.now() >= until) return;
		await clock.advance(Math.min(500, until - clock.now()));
	}
}

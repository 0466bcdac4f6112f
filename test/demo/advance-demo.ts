import {setTimeout as pause} from 'node:timers/promises';
import type {Watch} from '../../src/watch/watch.ts';
import type {FakeClock} from '../fake-clock.ts';

/** What answers over a socket, or gives way to others in between, which takes time that is real. */
const overSocket = /^(?:kubernetes|prometheus|alertmanager|kafka)\./;

/** The first read of each target loads its client, on a machine that may be busy. Time that went on meanwhile would give other figures. */
const patienceMs = 60_000;

/** Reads under way: the moment for which they were planned has come, and no next one is planned yet. */
const isReading = (watch: Watch, now: number): boolean =>
	watch.readings().some(({kind, state, nextAt = 0}) => overSocket.test(kind) && state !== 'paused' && nextAt <= now);

/**
 * Lets seconds of the fake clock pass. What was asked over a socket is waited for before time goes on, as if answers took no time at all. `now` is what the watch takes for the time.
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
		const end = Date.now() + patienceMs;
		while (isReading(watch, now())) {
			if (Date.now() > end) throw new Error('the demo does not come to rest: a read does not end');
			await pause(1);
		}
		// Where time stands still nothing says that a read is under way.
		if (now !== clock.now) await pause(2);
		if (clock.now() >= until) return;
		await clock.advance(Math.min(500, until - clock.now()));
	}
}

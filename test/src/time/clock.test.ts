import {expect, test} from 'vitest';
import {createElapsedTimer, stoppedClock, systemClock} from '../../../src/time/clock.ts';
import {createFakeClock} from '../../fake-clock.ts';

test('the clock that says more decides what passed', async () => {
	const clock = createFakeClock();
	const passed = createElapsedTimer(clock);
	await clock.advance(5000);
	clock.set(-7_200_000);
	expect(passed()).toBe(5000);
	clock.set(2 * 7_200_000);
	expect(passed()).toBe(7_205_000);
});

test('the monotonic reading never goes back', () => {
	let before = systemClock.monotonic();
	for (let turn = 0; turn < 1000; turn += 1) {
		const now = systemClock.monotonic();
		expect(now).toBeGreaterThanOrEqual(before);
		before = now;
	}
});

test('a stopped clock is stopped in both readings', async () => {
	const clock = createFakeClock();
	const stopped = stoppedClock(clock);
	const before = [stopped.now(), stopped.monotonic()];
	await clock.advance(1000);
	expect([stopped.now(), stopped.monotonic()]).toEqual(before);
});

import {expect, test} from 'vitest';
import {watchClockJumps} from '../../../src/time/clock-jumps.ts';
import {createFakeClock} from '../../fake-clock.ts';

function watched() {
	const clock = createFakeClock();
	const seen: number[] = [];
	const stop = watchClockJumps(clock, byMs => seen.push(byMs));
	return {clock, seen, stop};
}

test('reports once how far the wall clock was set, forward or back', async () => {
	const {clock, seen} = watched();
	await clock.advance(10_000);
	clock.set(-7_200_000);
	await clock.advance(5000);
	clock.set(60_000);
	await clock.advance(5000);
	expect(seen).toEqual([-7_200_000, 60_000]);
});

test('takes small steps for the work of a time service, however many', async () => {
	const {clock, seen} = watched();
	for (let step = 0; step < 20; step += 1) {
		clock.set(900);
		await clock.advance(1000);
	}
	expect(seen).toEqual([]);
});

test('leaves no call waiting when it is stopped', async () => {
	const {clock, stop} = watched();
	await clock.advance(3000);
	stop();
	expect(clock.waiting).toBe(0);
});

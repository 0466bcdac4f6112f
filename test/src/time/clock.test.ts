import {spawnSync} from 'node:child_process';
import {expect, test} from 'vitest';
import {createElapsedTimer, pause, repeat, stoppedClock, systemClock} from '../../../src/time/clock.ts';
import {createFakeClock} from '../../fake-clock.ts';

test('elapsed time is the larger of what the two clocks measured', async () => {
	const clock = createFakeClock();
	const passed = createElapsedTimer(clock);
	await clock.advance(5000);
	clock.set(-7_200_000);
	expect(passed()).toBe(5000);
	clock.set(2 * 7_200_000);
	expect(passed()).toBe(7_205_000);
});

test('the monotonic time never goes back', () => {
	let before = systemClock.monotonic();
	for (let turn = 0; turn < 1000; turn += 1) {
		const now = systemClock.monotonic();
		expect(now).toBeGreaterThanOrEqual(before);
		before = now;
	}
});

test('a stopped clock is stopped in wall and monotonic time', async () => {
	const clock = createFakeClock();
	const stopped = stoppedClock(clock);
	const before = [stopped.now(), stopped.monotonic()];
	await clock.advance(1000);
	expect([stopped.now(), stopped.monotonic()]).toEqual(before);
});

test('a repeated call is made until it is stopped, also by the call itself', async () => {
	const clock = createFakeClock();
	const calls: number[] = [];
	const stop = repeat(clock, 100, () => {
		calls.push(clock.now());
		if (calls.length === 3) stop();
	});
	const start = clock.now();
	await clock.advance(1000);
	expect(calls).toEqual([start + 100, start + 200, start + 300]);
	expect(clock.waiting).toBe(0);
});

test('a pause ends when its time is over or its signal aborts, and needs no signal', async () => {
	const clock = createFakeClock();
	const abort = new AbortController();
	let ended = 0;
	const count = () => {
		ended += 1;
	};
	void pause(clock, 100).then(count);
	void pause(clock, 200, abort.signal).then(count);
	await clock.advance(100);
	expect(ended).toBe(1);
	abort.abort();
	await clock.settle();
	expect(ended).toBe(2);
	expect(clock.waiting).toBe(0);
});

test.each([
	['keepAliveClock', 'waited'],
	['systemClock', ''],
])('a process that only waits for %s prints "%s"', (name, printed) => {
	const clock = new URL('../../../src/time/clock.ts', import.meta.url).href;
	const program = `import {${name}} from '${clock}'; ${name}.after(20, () => process.stdout.write('waited'));`;
	const args = ['--no-warnings', '--experimental-strip-types', '--input-type=module', '-e', program];
	expect(spawnSync(process.execPath, args, {encoding: 'utf8'}).stdout).toBe(printed);
});

import {expect, test} from 'vitest';
import {createSingleflight} from '../../../src/time/singleflight.ts';

test('concurrent callers share one call, and the next caller starts another', async () => {
	const flight = createSingleflight<number>();
	let calls = 0;
	const start = async () => {
		calls += 1;
		await Promise.resolve();
		return calls;
	};
	expect(flight.inFlight).toBeUndefined();
	const first = flight.run(start);
	expect(flight.inFlight).toBe(first);
	expect(await Promise.all([first, flight.run(start)])).toEqual([1, 1]);
	expect(flight.inFlight).toBeUndefined();
	expect(await flight.run(start)).toBe(2);
});

test('a failure reaches every caller and is not cached', async () => {
	const flight = createSingleflight<string>();
	const fail = () => Promise.reject(new Error('refused'));
	const results = await Promise.allSettled([flight.run(fail), flight.run(fail)]);
	expect(results.map(({status}) => status)).toEqual(['rejected', 'rejected']);
	expect(await flight.run(async () => 'answer')).toBe('answer');
});

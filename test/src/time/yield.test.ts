import {describe, expect, it} from 'vitest';
import {mapInSlices, runInSlices} from '../../../src/time/yield.ts';
import {createFakeClock, createFakeTimeBudget} from '../../fake-clock.ts';

/** A budget on a clock that moves with the work; `turn` ends the turn of the event loop. */
function budgetFixture() {
	const clock = createFakeClock();
	let workedMs = 0;
	const budget = createFakeTimeBudget({
		monotonic: () => clock.monotonic() + workedMs,
		after: (ms, call) => clock.after(Math.max(1, ms), call),
	});
	return {
		budget,
		work(ms: number) {
			workedMs += ms;
		},
		turn: () => clock.advance(1),
		waiting: () => clock.waiting,
	};
}

describe('a time budget', () => {
	it('starts with the first work of a turn, and is over after 5 ms', () => {
		const {budget, work} = budgetFixture();
		work(100);
		expect(budget.isOver()).toBe(false);
		work(4);
		expect(budget.isOver()).toBe(false);
		work(1);
		expect(budget.isOver()).toBe(true);
	});

	it('is fresh in the next turn', async () => {
		const {budget, work, turn} = budgetFixture();
		budget.isOver();
		work(9);
		await turn();
		expect(budget.isOver()).toBe(false);
	});

	it('resumes one waiting caller per turn, in the order of the calls, so that many jobs hold the loop no longer than one', async () => {
		const {budget, turn, waiting} = budgetFixture();
		const order: string[] = [];
		void budget.yield().then(() => order.push('a'));
		const cancel = budget.afterYield(() => order.push('b'));
		budget.afterYield(() => order.push('c'));
		cancel();
		expect(order).toEqual([]);
		await turn();
		expect(order).toEqual(['a']);
		await turn();
		expect(order).toEqual(['a', 'c']);
		await turn();
		expect(waiting()).toBe(0);
	});

	it('begins when a caller resumes, and is shared with all that runs in that turn', async () => {
		const {budget, work, turn} = budgetFixture();
		let seen: readonly boolean[] = [];
		void budget.yield().then(() => {
			const before = budget.isOver();
			work(6);
			seen = [before, budget.isOver()];
		});
		await turn();
		expect(seen).toEqual([false, true]);
		expect(budget.isOver()).toBe(true);
	});
});

describe('mapInSlices', () => {
	it('maps in order, and yields when the budget is over', async () => {
		const {budget, work, turn} = budgetFixture();
		let mapped = 0;
		const result = mapInSlices(
			Array.from({length: 300}, (_, index) => index),
			item => {
				mapped += 1;
				work(0.1);
				return item * 2;
			},
			{budget},
		);
		const perTurn = [mapped];
		for (let before = mapped; mapped < 300; before = mapped) {
			await turn();
			perTurn.push(mapped - before);
		}
		await turn();
		await turn();
		expect((await result).slice(0, 3)).toEqual([0, 2, 4]);
		expect(perTurn.length).toBeGreaterThan(3);
		expect(Math.max(...perTurn)).toBeLessThanOrEqual(50 + 16);
	});

	it('does not yield for what fits into the turn', async () => {
		const {budget} = budgetFixture();
		expect(await mapInSlices([1, 2], item => item + 1, {budget})).toEqual([2, 3]);
	});

	it('throws the reason of an aborted signal', async () => {
		const {budget, work, turn} = budgetFixture();
		const controller = new AbortController();
		const result = mapInSlices([1, 2], () => work(9), {budget, signal: controller.signal});
		controller.abort(new Error('closed'));
		const rejected = expect(result).rejects.toThrow('closed');
		await turn();
		await rejected;
	});
});

describe('runInSlices', () => {
	it('runs a generator to its result, a turn of the event loop for each 5 ms', async () => {
		const {budget, work, turn} = budgetFixture();
		let steps = 0;
		const result = runInSlices(
			(function* () {
				for (; steps < 10; steps += 1) {
					work(2);
					yield;
				}
				return 'done';
			})(),
			{budget},
		);
		expect(steps).toBeLessThan(5);
		let turns = 0;
		for (; steps < 10 && turns < 20; turns += 1) await turn();
		expect(turns).toBeGreaterThan(2);
		expect(await result).toBe('done');
	});
});

it('of the process, timers run between two slices of long work', async () => {
	let fired = false;
	setTimeout(() => {
		fired = true;
	}, 1);
	await mapInSlices(Array.from({length: 400}), () => {
		const until = performance.now() + 0.2;
		while (performance.now() < until);
		return fired;
	}).then(seen => expect(seen.at(-1)).toBe(true));
});

import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
	childrenOf,
	descendantsOf,
	lockForest,
	preparedTransaction,
	waitersOfRoot,
} from '../../../../src/model/postgres/postgres-locks.ts';
import {waitRecord} from './postgres-fixture.ts';

describe('lockForest', () => {
	it('is empty when no session waits', () => {
		expect(lockForest([])).toMatchObject({pids: [], roots: []});
	});

	it('places all waiters for one row below the holder, not below the waiters before them', () => {
		// As the server reports it: each names all that came before, and only the first names the one that holds the row.
		const queue = Array.from({length: 100}, (_, index) => 100 + index);
		const forest = lockForest(queue.map((pid, index) => waitRecord(pid, index === 0 ? [7] : queue.slice(0, index))));
		expect(forest.roots).toEqual([7]);
		expect(childrenOf(forest, 7)).toEqual([100]);
		expect(childrenOf(forest, 100)).toEqual(queue.slice(1));
		expect(waitersOfRoot(forest, 7)).toEqual(queue);
		expect(descendantsOf(forest, 100)).toEqual(queue.slice(1));
	});

	it('names every root of one that waits for several', () => {
		const forest = lockForest([waitRecord(10, [1, 2]), waitRecord(11, [10, 2])]);
		expect(forest.roots).toEqual([1, 2]);
		expect(forest.rootsOf.get(10)).toEqual([1, 2]);
		expect(forest.rootsOf.get(11)).toEqual([1, 2]);
		expect(forest.parents.get(11)).toBe(2);
	});

	it('keeps a prepared transaction as a root without a session', () => {
		const forest = lockForest([waitRecord(10, [preparedTransaction])]);
		expect(forest.roots).toEqual([0]);
		expect(waitersOfRoot(forest, 0)).toEqual([10]);
	});

	it('takes the lowest pid of a deadlock as its root until the server breaks it', () => {
		const forest = lockForest([waitRecord(3, [4]), waitRecord(4, [3]), waitRecord(5, [4])]);
		expect(forest.roots).toEqual([3]);
		expect([...forest.parents]).toEqual([
			[4, 3],
			[5, 4],
		]);
	});

	it('does not take a session for its own blocker', () => {
		expect(lockForest([waitRecord(3, [3, 1])]).roots).toEqual([1]);
	});

	it('contains every waiter with a blocker once, whatever the server returns', () => {
		const pid = fc.integer({min: 0, max: 30});
		const records = fc.uniqueArray(
			fc
				.tuple(fc.integer({min: 1, max: 30}), fc.array(pid, {maxLength: 6}))
				.map(([waiter, blockers]) => waitRecord(waiter, blockers)),
			{selector: record => record.pid},
		);
		fc.assert(
			fc.property(records, waits => {
				const forest = lockForest(waits);
				const drawn = forest.roots.flatMap(root => [root, ...descendantsOf(forest, root)]);
				expect(new Set(drawn).size).toBe(drawn.length);
				for (const {pid: waiter, blockers} of waits) {
					if (blockers.some(blocker => blocker !== waiter)) expect(drawn).toContain(waiter);
				}
			}),
		);
	});
});

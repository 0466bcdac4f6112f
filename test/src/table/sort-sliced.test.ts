import fc from 'fast-check';
import {expect, it} from 'vitest';
import {runToCompletion} from '../../../src/table/build-view.ts';
import {sortInSlices} from '../../../src/table/sort-sliced.ts';

type Item = {readonly by: number; readonly place: number};
const compare = (a: Item, b: Item) => a.by - b.by;

it('sorts like Array.prototype.sort, stable for equal items', () => {
	const items = fc
		.array(fc.integer({min: 0, max: 40}), {maxLength: 3000, size: 'max'})
		.map(all => all.map((by, place): Item => ({by, place})));
	fc.assert(
		fc.property(items, all => {
			expect(runToCompletion(sortInSlices(all, compare))).toEqual(all.toSorted(compare));
		}),
		{numRuns: 60},
	);
});

it('never makes more comparisons at once than fit in a slice', () => {
	let compared = 0;
	const all = Array.from({length: 10_000}, (_, place): Item => ({by: (place * 7919) % 10_007, place}));
	const work = sortInSlices(all, (a, b) => {
		compared += 1;
		return compare(a, b);
	});
	let [most, before] = [0, 0];
	for (let step = work.next(); step.done !== true; step = work.next()) {
		most = Math.max(most, compared - before);
		before = compared;
	}
	expect(most).toBeLessThan(6000);
});

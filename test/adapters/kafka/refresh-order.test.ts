import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {selectGroupsToRefresh} from '../../../adapters/kafka/groups/refresh-order.ts';

const names = (count: number, name = 'g') => Array.from({length: count}, (_, at) => `${name}${at}`);

describe('the groups of a turn', () => {
	it('are all of them, as long as none was ever read', () => {
		expect(selectGroupsToRefresh(names(1000), {readAt: new Map(), priority: new Set()}, 250)).toHaveLength(1000);
	});

	it('are those with priority, then those whose last read is the longest ago', () => {
		const groups = ['a', 'b', 'c', 'd'];
		const readAt = new Map(groups.map((group, at) => [group, 100 - at]));
		expect(selectGroupsToRefresh(groups, {readAt, priority: new Set(['b'])}, 3)).toEqual(['b', 'd', 'c']);
	});

	it('leave half to the others, however many have priority', () => {
		const groups = names(1000);
		const readAt = new Map(groups.map(group => [group, 1]));
		const chosen = selectGroupsToRefresh(groups, {readAt, priority: new Set(groups.slice(0, 900))}, 250);
		expect(chosen).toHaveLength(225);
		expect(chosen.filter(group => Number(group.slice(1)) >= 900)).toHaveLength(100);
	});

	it('cover every group over time', () => {
		fc.assert(
			fc.property(fc.integer({min: 1, max: 400}), fc.nat(400), fc.integer({min: 2, max: 50}), (count, many, max) => {
				const groups = names(count);
				const pressing = new Set(groups.slice(0, many));
				const readAt = new Map(groups.map(group => [group, 0]));
				const turns = 2 * Math.ceil(count / Math.floor(max / 2)) + 2;
				for (let turn = 1; turn <= turns; turn += 1) {
					const chosen = selectGroupsToRefresh(groups, {readAt, priority: pressing}, max);
					expect(chosen.length).toBeLessThanOrEqual(max);
					expect(new Set(chosen).size).toBe(chosen.length);
					for (const group of chosen) readAt.set(group, turn);
				}
				expect(Math.min(...readAt.values())).toBeGreaterThan(0);
			}),
		);
	});
});

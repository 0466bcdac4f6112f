import {beforeEach, expect, test} from 'vitest';
import type {Permission} from '../../../src/contract/system.ts';
import {createPermissionCache, type PermissionCache} from '../../../src/model/permission-cache.ts';

let now: number;
let connection: number;
let requests: number;
let states: Record<string, Permission['state']>;
let cache: PermissionCache;

const read = () => cache.read({signal: new AbortController().signal, now: () => now});
/** The number of requests for one read after each of these times. */
async function after(steps: readonly number[]): Promise<number> {
	const before = requests;
	for (const ms of steps) {
		now += ms;
		await read();
	}
	return requests - before;
}

beforeEach(async () => {
	now = 1_000_000;
	connection = 1;
	requests = 0;
	states = {read: 'have', act: 'have'};
	cache = createPermissionCache(
		async () => {
			requests += 1;
			return Object.entries(states).map(([name, state]) => ({needs: name, name, state, grant: ''}));
		},
		() => connection,
	);
	await read();
});

test('granted permissions are requested every ten minutes', async () => {
	expect(await after([2000, 60_000, 300_000])).toBe(0);
	expect(await after([300_000])).toBe(1);
});

test('missing permissions are requested every minute', async () => {
	states['act'] = 'lack';
	cache.refused('act');
	expect(await after([0])).toBe(1);
	expect(await after([2000, 30_000])).toBe(0);
	expect(await after([30_000])).toBe(1);
});

test('a refusal of a granted permission clears the cache, an expected one does not', async () => {
	cache.refused('act');
	expect(await after([0])).toBe(1);
	cache.refused('something else');
	expect(await after([0])).toBe(0);
	states['act'] = 'lack';
	cache.refused('act');
	expect(await after([0])).toBe(1);
	cache.refused('act');
	expect(await after([0])).toBe(0);
});

test('another connection may be another user, and a clock that was set back makes nothing last', async () => {
	connection = 2;
	expect(await after([0, 0])).toBe(1);
	expect(await after([-5000])).toBe(1);
});

test('a failed request is not cached', async () => {
	let fails = true;
	const failing = createPermissionCache(
		async () => {
			if (fails) throw new Error('away');
			return [];
		},
		() => 1,
	);
	const context = {signal: new AbortController().signal, now: () => now};
	await expect(failing.read(context)).rejects.toThrow('away');
	fails = false;
	expect(await failing.read(context)).toEqual([]);
});

test('concurrent readers share one request', async () => {
	cache.refused('act');
	const before = requests;
	expect((await Promise.all([read(), read(), read()])).map(({length}) => length)).toEqual([2, 2, 2]);
	expect(requests - before).toBe(1);
});

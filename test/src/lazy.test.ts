import {describe, expect, it, vi} from 'vitest';
import {lazy, lazyLoad} from '../../src/lazy.ts';

describe('lazy', () => {
	it('creates the value at the first call, once, also when it is undefined', () => {
		const create = vi.fn(() => undefined);
		const get = lazy(create);
		expect(create).not.toHaveBeenCalled();
		get();
		expect(get()).toBeUndefined();
		expect(create).toHaveBeenCalledTimes(1);
	});

	it('tries again after an error', () => {
		let fails = true;
		const get = lazy(() => {
			if (fails) throw new Error('not now');
			return 'value';
		});
		expect(get).toThrow('not now');
		fails = false;
		expect(get()).toBe('value');
	});
});

describe('lazyLoad', () => {
	it('loads once for callers at the same time, and has no value before', async () => {
		const start = vi.fn(async () => 'library');
		const library = lazyLoad(start);
		expect(library.loaded()).toBeUndefined();
		expect(start).not.toHaveBeenCalled();
		expect(await Promise.all([library.load(), library.load()])).toEqual(['library', 'library']);
		expect(library.loaded()).toBe('library');
		await library.load();
		expect(start).toHaveBeenCalledTimes(1);
	});

	it('loads again after a failure', async () => {
		const start = vi
			.fn<() => Promise<string>>()
			.mockRejectedValueOnce(new Error('no file'))
			.mockResolvedValue('library');
		const library = lazyLoad(start);
		await expect(library.load()).rejects.toThrow('no file');
		expect(library.loaded()).toBeUndefined();
		expect(await library.load()).toBe('library');
	});
});

import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {formatRedisSize, parseRedisSize} from '../../../../src/model/redis/redis-size.ts';

describe('a size as redis.conf writes it', () => {
	test.each([
		['0', 0],
		['100', 100],
		['1k', 1000],
		['1kb', 1024],
		['5m', 5_000_000],
		['512mb', 512 * 1024 ** 2],
		['2GB', 2 * 1024 ** 3],
		['2g', 2_000_000_000],
		['7b', 7],
		[' 64mb ', 64 * 1024 ** 2],
	])('%s is %d bytes', (text, bytes) => {
		expect(parseRedisSize(text)).toBe(bytes);
	});

	test.each(['', 'mb', '-1', '1.5gb', '1 gb', '2tb', '64mbx', '1e9', '99999999999999gb'])('%j is not one', text => {
		expect(parseRedisSize(text)).toBeUndefined();
	});

	test.each([
		[0, '0'],
		[64 * 1024 ** 2, '64mb'],
		[1536 * 1024, '1536kb'],
		[3 * 1024 ** 3, '3gb'],
		[1_000_001, '1000001'],
	])('%d is written %s', (bytes, text) => {
		expect(formatRedisSize(bytes)).toBe(text);
	});

	test('what is written is read back exactly', () => {
		fc.assert(
			fc.property(fc.maxSafeNat(), bytes => {
				expect(parseRedisSize(formatRedisSize(bytes))).toBe(bytes);
			}),
		);
	});
});

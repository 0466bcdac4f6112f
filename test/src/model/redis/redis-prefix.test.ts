import {describe, expect, test} from 'vitest';
import {
	groupKeys,
	prefixGlob,
	prefixRows,
	redisPrefix,
	type SampledKey,
} from '../../../../src/model/redis/redis-prefix.ts';

const key = (name: string, facts: Partial<SampledKey> = {}): SampledKey => ({
	name,
	type: 'string',
	bytes: 100,
	ttlMs: -1,
	...facts,
});
const readFacts = {target: 'r', db: 0, total: 0, complete: true, pressed: false};

describe('the prefix of a key', () => {
	test.each([
		['cache:product:1234', 'cache:product:*'],
		['user:42:cart', 'user:*:cart'],
		['session:9f8e7d6c5b4a', 'session:*'],
		['session:deadbeef', 'session:deadbeef'],
		['job:550e8400-e29b-41d4-a716-446655440000:state', 'job:*:state'],
		['backup-2026-11-21', 'backup-*'],
		['rate.10.2.3.4', 'rate.*'],
		['{user1000}.following', '{user1000}.following'],
		['{1000}.following', '{*}.following'],
		['path/to/77/file', 'path/to/*/file'],
		['token:01ARZ3NDEKTSV4RRFFQ69G5FAV', 'token:*'],
		['item_0042', 'item_*'],
		['rate_limit', 'rate_limit'],
		['a:1:2', 'a:*:*'],
		['', ''],
	])('%j is %j', (name, prefix) => {
		expect(redisPrefix(name)).toBe(prefix);
	});

	test('has control characters unchanged: the table cleans them', () => {
		expect(redisPrefix('\u001b[31mred\u202e:12')).toBe('\u001b[31mred\u202e:*');
	});
});

describe('groups', () => {
	const letters = Array.from({length: 26}, (_, at) => String.fromCharCode(97 + at));

	test.each([
		['the last part', (name: string) => `user:${name}`, 'user:*'],
		['a part in the middle', (name: string) => `user:${name}:mail`, 'user:*:mail'],
		['the only part', (name: string) => name, '*'],
	])('fold many names that differ in %s', (_, named, together) => {
		const groups = groupKeys([
			...letters.map(letter => key(named(`x${letter}`))),
			key('config:theme'),
			key('config:locale'),
		]);
		expect([...groups].map(([prefix, held]) => [prefix, held.length])).toEqual([
			[together, 26],
			['config:theme', 1],
			['config:locale', 1],
		]);
	});

	test('keep names apart that are few', () => {
		expect(groupKeys(letters.slice(0, 20).map(letter => key(`user:${letter}`))).size).toBe(20);
	});

	test('keep a name apart that has many keys', () => {
		const many = Array.from({length: 5}, (_, at) => key(`user:alice:${at}`));
		const groups = groupKeys([...many, ...letters.map(letter => key(`user:x${letter}:${letter}y`))]);
		expect(groups.get('user:alice:*')).toHaveLength(5);
	});

	test('contain every key', () => {
		const keys = Array.from({length: 200}, (_, at) =>
			key(`k${at % 7}:${at}:${String.fromCharCode(97 + (at % 26))}${at % 3}z`),
		);
		const total = [...groupKeys(keys).values()].reduce((sum, held) => sum + held.length, 0);
		expect(total).toBe(keys.length);
	});
});

describe('rows of prefixes', () => {
	test('are exact in their counts when every key was looked at', () => {
		const rows = prefixRows([key('a:1'), key('a:2', {ttlMs: 5000}), key('b:1', {bytes: 600, type: 'hash'})], {
			...readFacts,
			total: 3,
		});
		expect(rows.map(({prefix, keys, bytes, share, noTtl}) => ({prefix, keys, bytes, share, noTtl}))).toEqual([
			{prefix: 'b:*', keys: 1, bytes: 600, share: 0.75, noTtl: 1},
			{prefix: 'a:*', keys: 2, bytes: 200, share: 0.25, noTtl: 0.5},
		]);
	});

	test('are scaled to all keys when some were sampled', () => {
		const rows = prefixRows([key('a:1'), key('a:2'), key('b:1'), key('b:2')], {
			...readFacts,
			total: 4000,
			complete: false,
		});
		expect(rows[0]).toMatchObject({keys: 2000, bytes: 200_000, sampled: 2, share: 0.5});
	});

	test('show how soon keys expire', () => {
		const ttls = [-1, 30_000, 59 * 60_000, 3_600_000, 2 * 86_400_000];
		const [row] = prefixRows(
			ttls.map((ttlMs, at) => key(`a:${at}`, {ttlMs})),
			{...readFacts, total: 5},
		);
		expect(row?.expiry).toEqual({never: 1, minute: 1, hour: 1, day: 1, later: 1});
	});

	test('warn only of keys without expiry that fill a full server', () => {
		const keys = [
			...Array.from({length: 40}, (_, at) => key(`cache:${at}`, {bytes: 2_000_000})),
			...Array.from({length: 60}, (_, at) => key(`session:${at}`, {bytes: 2_000_000, ttlMs: 1000})),
		];
		const severities = (pressed: boolean) =>
			prefixRows(keys, {...readFacts, total: 100, pressed}).map(({prefix, severity, why}) => [prefix, severity, why]);
		expect(severities(true)).toEqual([
			['session:*', 'ok', undefined],
			['cache:*', 'warn', "40 % of the keys' memory, never expires"],
		]);
		expect(severities(false).map(([, severity]) => severity)).toEqual(['ok', 'ok']);
	});

	test('of no keys are none', () => {
		expect(prefixRows([], {...readFacts, total: 0})).toEqual([]);
	});
});

test('a prefix as a glob escapes what a glob would read, and keeps its stars', () => {
	expect(prefixGlob('a[1]?\\b:*')).toBe('a\\[1\\]\\?\\\\b:*');
});

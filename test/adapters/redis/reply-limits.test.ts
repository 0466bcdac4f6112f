import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createReplyLimiter} from '../../../adapters/redis/connection/reply-limits.ts';

type Reply = string | number | null | readonly Reply[];

const {reply} = fc.letrec<{reply: Reply}>(tie => ({
	reply: fc.oneof({maxDepth: 5}, fc.string(), fc.integer(), fc.constant(null), fc.array(tie('reply'), {maxLength: 5})),
}));

function written(value: Reply): string {
	if (value === null) return '$-1\r\n';
	if (typeof value === 'number') return `:${value}\r\n`;
	if (typeof value === 'string') return `$${Buffer.byteLength(value)}\r\n${value}\r\n`;
	return `*${value.length}\r\n${value.map(written).join('')}`;
}

/** What is said of the bytes, given in pieces of this size. */
function verdict(bytes: Buffer, size = bytes.length): string | undefined {
	const check = createReplyLimiter();
	for (let at = 0; at < bytes.length; at += size) {
		const wrong = check(bytes.subarray(at, at + size));
		if (wrong !== undefined) return wrong;
	}
	return undefined;
}

describe('the limits of a reply', () => {
	it('accept ordinary replies, however they are split, and find the end of each', () => {
		fc.assert(
			fc.property(fc.array(reply, {maxLength: 6}), fc.integer({min: 1, max: 9}), (replies, size) => {
				const bytes = Buffer.from(replies.map(written).join(''));
				expect(verdict(bytes, size)).toBeUndefined();
				// Each of these is just within the bounds: counted together they would not be.
				const deep = Buffer.from('*1\r\n'.repeat(32));
				expect(verdict(Buffer.concat([bytes, deep]), size)).toBeUndefined();
				expect(verdict(Buffer.concat([bytes, deep, Buffer.from('*1\r\n')]), size)).toMatch('32 levels deep');
			}),
		);
	});

	it.each([
		['lists within lists', '*1\r\n'.repeat(10_000), 'a reply nested more than 32 levels deep'],
		['maps within maps', '%1\r\n+a\r\n'.repeat(10_000), 'a reply nested more than 32 levels deep'],
		['a list of too many', '*33000000\r\n', 'a reply with more than 2000000 members'],
		['lists of many', '*1000000\r\n*1000000\r\n*1000000\r\n', 'a reply with more than 2000000 members'],
		['a string of gigabytes', '$2147483647\r\n', 'a reply of more than 128 MB'],
		[
			'strings of many megabytes',
			`*9\r\n$100000000\r\n${'x'.repeat(100_000_000)}\r\n$99000000\r\n`,
			'a reply of more than 128 MB',
		],
		['a line without an end', `+${'x'.repeat(140_000_000)}`, 'a reply of more than 128 MB'],
	])('refuse %s', (_, text, wrong) => {
		expect(verdict(Buffer.from(text), 65_536)).toBe(wrong);
	});

	it('count each reply alone', () => {
		const check = createReplyLimiter();
		const many = Buffer.from(`*100000\r\n${':1\r\n'.repeat(100_000)}`);
		for (let turn = 0; turn < 30; turn += 1) expect(check(many)).toBeUndefined();
	});
});

import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createFraming} from '../../../adapters/postgres/framing.ts';

const message = (code: string, body: Buffer): Buffer => {
	const header = Buffer.alloc(5);
	header.write(code, 'latin1');
	header.writeUInt32BE(body.length + 4, 1);
	return Buffer.concat([header, body]);
};

describe('createFraming', () => {
	it('lets every message of a server pass, however it is cut', () => {
		const messages = fc.array(
			fc.tuple(fc.constantFrom(...'RKSZTtDCE1N2n3AsIGHWdcVv'), fc.uint8Array({maxLength: 40})),
			{minLength: 1, maxLength: 8},
		);
		fc.assert(
			fc.property(messages, fc.integer({min: 1, max: 9}), (parts, size) => {
				const bytes = Buffer.concat(parts.map(([code, body]) => message(code, Buffer.from(body))));
				const check = createFraming();
				for (let at = 0; at < bytes.length; at += size) expect(check(bytes.subarray(at, at + size))).toBeUndefined();
			}),
		);
	});

	it.each([
		['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
		['a code no server sends', message('q', Buffer.alloc(0))],
		['a length that does not hold itself', Buffer.from([0x5a, 0, 0, 0, 3])],
		['a length beyond all answers', Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff])],
		['nonsense after a whole message', Buffer.concat([message('Z', Buffer.from('I')), Buffer.from([0])])],
	])('refuses %s', (_, bytes) => {
		const check = createFraming();
		let wrong: string | undefined;
		for (const byte of bytes) wrong ??= check(Buffer.from([byte]));
		expect(wrong).toBe('it does not speak PostgreSQL');
		expect(createFraming()(bytes)).toBe(wrong);
	});

	it('refuses an answer of ever more rows, and counts each answer by itself', () => {
		const row = message('D', Buffer.alloc(2 ** 20));
		const ready = message('Z', Buffer.from('I'));
		const check = createFraming();
		for (let turn = 0; turn < 3; turn += 1) {
			for (let count = 0; count < 100; count += 1) expect(check(row)).toBeUndefined();
			expect(check(ready)).toBeUndefined();
		}
		let wrong: string | undefined;
		for (let count = 0; count < 200 && wrong === undefined; count += 1) wrong = check(row);
		expect(wrong).toBe('its answer has more than 128 MB');
	});
});

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
				const isPostgres = createFraming();
				for (let at = 0; at < bytes.length; at += size) expect(isPostgres(bytes.subarray(at, at + size))).toBe(true);
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
		const isPostgres = createFraming();
		let passed = true;
		for (const byte of bytes) passed &&= isPostgres(Buffer.from([byte]));
		expect(passed).toBe(false);
		expect(createFraming()(bytes)).toBe(false);
	});
});

import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createFramingGuard} from '../../../adapters/postgres/connection/framing.ts';

const message = (code: string, body: Buffer): Buffer => {
	const header = Buffer.alloc(5);
	header.write(code, 'latin1');
	header.writeUInt32BE(body.length + 4, 1);
	return Buffer.concat([header, body]);
};

describe('createFraming', () => {
	it('passes on every message of a server, however it is split', () => {
		const messages = fc.array(
			fc.tuple(fc.constantFrom(...'RKSZTtDCE1N2n3AsIGHWdcVv'), fc.uint8Array({maxLength: 40})),
			{minLength: 1, maxLength: 8},
		);
		fc.assert(
			fc.property(messages, fc.integer({min: 1, max: 9}), (parts, size) => {
				const bytes = Buffer.concat(parts.map(([code, body]) => message(code, Buffer.from(body))));
				const check = createFramingGuard();
				for (let at = 0; at < bytes.length; at += size) expect(check(bytes.subarray(at, at + size))).toBeUndefined();
			}),
		);
	});

	it.each([
		['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
		['a code no server sends', message('q', Buffer.alloc(0))],
		['a length that does not hold itself', Buffer.from([0x5a, 0, 0, 0, 3])],
		['a length beyond all answers', Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff])],
		['nonsense after a complete message', Buffer.concat([message('Z', Buffer.from('I')), Buffer.from([0])])],
	])('refuses %s', (_, bytes) => {
		const check = createFramingGuard();
		let wrong: string | undefined;
		for (const byte of bytes) wrong ??= check(Buffer.from([byte]));
		expect(wrong).toBe('it does not speak PostgreSQL');
		expect(createFramingGuard()(bytes)).toBe(wrong);
	});

	const ready = message('Z', Buffer.from('I'));
	const count = (columns: number, rest = 0): Buffer => {
		const body = Buffer.alloc(2 + rest);
		body.writeUInt16BE(columns);
		return body;
	};
	/** How many of these are read before one is refused; at most `limit`. */
	const readOf = (check: (chunk: Buffer) => string | undefined, one: Buffer, limit: number) => {
		for (let read = 0; read < limit; read += 1) {
			const wrong = check(one);
			if (wrong !== undefined) return {read, wrong};
		}
		return {read: limit, wrong: undefined};
	};

	it('refuses a response with too many rows, and counts each response by itself', () => {
		const row = message('D', count(1, 2 ** 20));
		const check = createFramingGuard();
		for (let turn = 0; turn < 3; turn += 1) {
			expect(readOf(check, row, 60)).toEqual({read: 60, wrong: undefined});
			expect(check(ready)).toBeUndefined();
		}
		expect(readOf(check, row, 200)).toEqual({read: 63, wrong: 'its answer is too large'});
	});

	it.each([
		['NULLs', message('D', count(1600, 1600 * 4))],
		['no cells at all', message('D', count(0))],
	])('counts what rows of %s take once they are decoded', (_, row) => {
		const check = createFramingGuard();
		expect(check(message('T', count(1600, 1600 * 19)))).toBeUndefined();
		const {read, wrong} = readOf(check, row, 1000);
		expect(wrong).toBe('its answer is too large');
		expect(read).toBeGreaterThan(500);
	});

	it('refuses a response of too many small messages', () => {
		expect(readOf(createFramingGuard(), message('N', Buffer.alloc(1)), 300_000).wrong).toBe('its answer is too large');
	});

	it('reads 10,000 sessions and 5,000 statements', () => {
		const check = createFramingGuard();
		for (const [columns, rows, characters] of [
			[19, 10_000, 2300],
			[11, 5000, 400],
		] as const) {
			expect(check(message('T', count(columns, columns * 30)))).toBeUndefined();
			const row = message('D', count(columns, columns * 4 + characters));
			expect(readOf(check, row, rows)).toEqual({read: rows, wrong: undefined});
			expect(check(ready)).toBeUndefined();
		}
	});

	it('refuses a login with too many requests for a password', () => {
		const request = message('R', Buffer.from([0, 0, 0, 3]));
		expect(readOf(createFramingGuard(), request, 100)).toEqual({read: 8, wrong: 'it does not speak PostgreSQL'});
	});
});

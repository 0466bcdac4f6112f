import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {decodeText, hexLines, messageTitle, shortText, valueLines} from '../../../../src/model/kafka/message-text.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('the value of a message', () => {
	it('is indented when it is JSON, and left as it is when it only looks like it', () => {
		expect(valueLines(bytes('{"id":17,"tags":[]}'))).toEqual(['{', '  "id": 17,', '  "tags": []', '}']);
		expect(valueLines(bytes('{id:17}'))).toEqual(['{id:17}']);
		expect(valueLines(bytes('grüße\nan alle'))).toEqual(['grüße', 'an alle']);
	});

	it('is shown in hex when it is no text', () => {
		expect(valueLines(Uint8Array.from([0x0a, 0x07, 0xff, 0x41]))).toEqual([
			'(binary, 4B)',
			`00000000  0a 07 ff 41${' '.repeat(36)}  |...A|`,
		]);
		expect(hexLines(new Uint8Array(300)).at(-1)).toBe('… 44B more');
	});

	it('has a text when there is none', () => {
		expect(valueLines(undefined)).toEqual(['(no value: it deletes its key)']);
		expect(valueLines(new Uint8Array())).toEqual(['(empty)']);
	});

	it('is cut when it is long, also in the middle of a character', () => {
		const long = valueLines(bytes('ü'.repeat(20_000)));
		expect(long.at(-1)).toBe('… of 39Ki');
		expect(long[0]).toMatch(/^ü+$/);
		expect(valueLines(bytes(`x${'ü'.repeat(20_000)}`))[0]).toMatch(/^xü+$/);
		expect(valueLines(bytes(JSON.stringify(Array.from({length: 500}, () => 1))))).toHaveLength(61);
	});

	it('cuts a long key or header too, and says how long it is', () => {
		expect(shortText(bytes('x'.repeat(1024)))).toBe('x'.repeat(1024));
		expect(shortText(bytes('ü'.repeat(1024)))).toBe(`${'ü'.repeat(512)} … of 2Ki`);
		expect(shortText(bytes(`x${'ü'.repeat(1024)}`))).toBe(`x${'ü'.repeat(511)} … of 2.0Ki`);
		expect(shortText(new Uint8Array(24))).toBe(`0x${'00'.repeat(24)}`);
		expect(shortText(new Uint8Array(100))).toBe(`0x${'00'.repeat(24)} … of 100B`);
	});

	it('never shows a control character', () => {
		const evil = '\u001b]0;owned\u0007{"a":"\u001b[2J"}';
		for (const line of [...valueLines(bytes(evil)), shortText(bytes(evil))])
			expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
		fc.assert(
			fc.property(fc.uint8Array({maxLength: 400}), value => {
				for (const line of [...valueLines(value), shortText(value)])
					expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
			}),
		);
	});

	it('has every byte of a binary value', () => {
		fc.assert(
			fc.property(fc.uint8Array({maxLength: 256}), value => {
				const hex = hexLines(value)
					.map(line => line.slice(10, 57).replaceAll(' ', ''))
					.join('');
				expect(hex).toBe(Buffer.from(value).toString('hex'));
			}),
		);
		expect(decodeText(Uint8Array.from([0xc3]))).toBeUndefined();
	});
});

it('titles a message with its partition, offset and time', () => {
	const message = {
		topic: 'orders',
		partition: 7,
		offset: 482_012,
		timestamp: Date.UTC(2026, 10, 21, 14, 1, 22),
		key: bytes('o-17'),
		value: bytes('{}'),
		headers: [],
	};
	expect(messageTitle(message, Date.UTC(2026, 10, 21, 14, 5, 22))).toBe(
		'7@482012  2026-11-21 14:01:22Z, 4m00s ago  key o-17  2B',
	);
	expect(messageTitle({...message, timestamp: undefined, key: undefined, value: undefined}, 0)).toBe(
		'7@482012  no timestamp  key (none)  0B',
	);
	expect(shortText(Uint8Array.from([0xff, 0x01]))).toBe('0xff01');
});

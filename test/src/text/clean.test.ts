import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {cleanLine, cleanText, cleanTyped} from '../../../src/text/clean.ts';

describe('text from outside', () => {
	it.each([
		['zero width', 'api\u200b-1', 'api<200b>-1'],
		['a soft hyphen', 'api\u00ad-1', 'api<ad>-1'],
		['a byte order mark', '\ufeffapi', '<feff>api'],
		['a turned order', 'api\u202e-1', 'api<202e>-1'],
		['a control', 'api\u0000\u0085', 'api<00><85>'],
		['an escape that begins nothing', 'api\u001b', 'api<1b>'],
		['another blank', 'api\u00a01\u20091', 'api<a0>1<2009>1'],
		['a tag', 'api\u{e0061}', 'api<e0061>'],
	])('shows %s by its code, so that no two names look the same', (_what, name, shown) => {
		expect(cleanLine(name)).toBe(shown);
	});

	it('has no escape sequences and repeated blanks', () => {
		expect(cleanLine('a\u001b[31mb\u009b2Jc\u001b]0;title\u0007d\te\n\n f')).toBe('abcd e f');
	});

	it('has emoji and wide blanks unchanged', () => {
		expect(cleanText('\u26a0\ufe0f 1\ufe0f\u20e3 \u{1f468}\u200d\u{1f469} 漢\u3000字')).toBe(
			'\u26a0 1\u20e3 \u{1f468}\u{1f469} 漢\u3000字',
		);
		expect(cleanText('a0\ufe0f')).toBe('a0<fe0f>');
	});

	it('of several lines has the blanks that trees are drawn with', () => {
		expect(cleanText('│\u00a0\u00a0├── a\r\nb')).toBe('│\u00a0\u00a0├── a\nb');
	});

	it('that is typed has no control characters', () => {
		expect(cleanTyped('rate(up\u00a0[5m])\u200b\ufeff')).toBe('rate(up [5m])');
	});

	it('is unchanged when it is cleaned again, and visible', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), text => {
				const cleaned = cleanLine(text);
				expect(cleanLine(cleaned)).toBe(cleaned);
				expect(cleaned).not.toMatch(/[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u);
			}),
		);
	});
});

it('cleaning takes linear time on sequences that are begun and never ended', () => {
	for (const part of ['\u0090', '\u001b]', '\u001b[0', '\u009d;', '\u001bP\u0098', '\u001b '])
		expect(cleanText(part.repeat(300_000))).toBeTypeOf('string');
});

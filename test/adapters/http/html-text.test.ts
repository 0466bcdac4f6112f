import {describe, expect, it} from 'vitest';
import {htmlToText} from '../../../adapters/http/html-text.ts';

describe('htmlToText', () => {
	it.each([
		['<html><head><TITLE>Sign in</TITLE></head><body><p>Please  sign in</p></body>', 'Sign in Please sign in'],
		['<p>a</p><script>if (a < b) c()</script><style>p {}</style><b>d</b>', 'a d'],
		['<script>one</SCRIPT>x<script>two</script>y', 'x y'],
		['a < b and <b', 'a < b and <b'],
		['<title>open', 'open'],
		['no tags', 'no tags'],
	])('turns %s into its text', (html, text) => {
		expect(htmlToText(html)).toBe(text);
	});

	it('takes linear time where tags are opened and never closed', () => {
		// Quadratic time would exceed the timeout of the test.
		for (const part of ['<', '<title>', '<script>', '<a', '</script', '<style ', '<title>x</titl'])
			expect(htmlToText(part.repeat(300_000))).toBeTypeOf('string');
	});
});

import {beforeAll, describe, expect, it, vi} from 'vitest';
import {compilePattern, loadPatterns} from '../../../src/text/pattern.ts';

beforeAll(loadPatterns);

describe('a pattern that the user typed', () => {
	it('is not compiled before the engine is loaded, which the first frame does not need', async () => {
		vi.resetModules();
		const fresh = await import('../../../src/text/pattern.ts');
		expect(fresh.compilePattern('a')).toBeUndefined();
		await fresh.loadPatterns();
		expect(fresh.compilePattern('a')?.matchesSomewhere('cat')).toBe(true);
	});

	it('is found anywhere, or must match the complete text', () => {
		expect(compilePattern('a|b')?.matchesSomewhere('cab')).toBe(true);
		expect(compilePattern('a|b')?.matchesEntirely('cab')).toBe(false);
		expect(compilePattern('a|cab')?.matchesEntirely('cab')).toBe(true);
		expect(compilePattern('CAB', true)?.matchesEntirely('cab')).toBe(true);
	});

	it.each(['(a+)+$', '(a|a)*$', '(.*a){20}', '([a-z]+)*=', '(x+x+)+y'])('%s takes linear time', source => {
		const pattern = compilePattern(source);
		for (const part of ['a', 'x', 'ab', '=']) pattern?.matchesSomewhere(`${part.repeat(50_000)}!`);
		expect(pattern).toBeDefined();
	});

	it.each([
		['(', 'missing closing ): `(`'],
		['a(?=b)', 'invalid or unsupported Perl syntax: `(?=` (RE2 knows no lookaround and no back-reference)'],
		['(a)\\1', 'invalid escape sequence: `\\1` (RE2 knows no lookaround and no back-reference)'],
		['a{2000}', 'invalid repeat count: `{2000}`'],
		['('.repeat(1500) + ')'.repeat(1500), 'expression nests too deeply'],
		['('.repeat(3000), `missing closing ): \`${'('.repeat(99)}…`],
	])('%.20s is refused in one line', (source, said) => {
		expect(() => compilePattern(source)).toThrow(new SyntaxError(said));
	});
});

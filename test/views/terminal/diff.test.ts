import xterm from '@xterm/headless';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {type Grid, parseScreenLine} from '../../../views/terminal/cells.ts';
import {diffScreens} from '../../../views/terminal/diff.ts';
import {GlyphTable} from '../../../views/terminal/glyph.ts';
import {StyleTable} from '../../../views/terminal/style.ts';
import {readCells} from '../test-terminal.tsx';
import {type RandomRow, rowArbitrary, rowOf} from './random-deck.tsx';

const columns = 24;
const styles = new StyleTable('rgb');
const glyphs = new GlyphTable();
const gridOf = (rows: readonly string[]): Grid => ({
	columns,
	lines: rows.map(row => parseScreenLine(row, columns, styles, glyphs)),
});

/** A terminal of the grid's size after these bytes. */
async function shownBy(bytes: string, rows: number) {
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true, scrollback: 0});
	await new Promise<void>(resolve => terminal.write(`\u001b[?1049h\u001b[?7l${bytes}`, resolve));
	const cells = readCells(terminal, {columns, rows});
	terminal.dispose();
	return cells;
}

const from = (old: readonly string[], next: readonly string[]): string =>
	diffScreens(gridOf(old), gridOf(next), styles, glyphs);

describe('a difference', () => {
	test('changes any screen into any other', async () => {
		const screen = fc.array(rowArbitrary, {minLength: 4, maxLength: 4});
		const rowsOf = (random: readonly RandomRow[]) => random.map(row => rowOf(row, columns));
		await fc.assert(
			fc.asyncProperty(screen, screen, async (one, other) => {
				const [before, after] = [rowsOf(one), rowsOf(other)];
				const written = after.map((row, index) => `\u001b[${index + 1}H${row}`).join('');
				const steps = diffScreens(undefined, gridOf(before), styles, glyphs) + from(before, after);
				expect(await shownBy(steps, 4)).toEqual(await shownBy(written, 4));
				expect(from(after, [...after])).toBe('');
			}),
			{numRuns: 1000},
		);
	});

	test('in one digit is a move and the digit', () => {
		expect(from(['', '    91 ok'], ['', '    97 ok'])).toBe('\u001b[2;6H7');
	});

	test('between two near changes writes the cells between them again', () => {
		expect(from(['a1bc2'], ['a3bc4'])).toBe('\u001b[1;2H3bc4');
	});

	test('between two distant changes on a row moves the cursor', () => {
		expect(from(['name  1-----2'], ['name  3-----4'])).toBe('\u001b[1;7H3\u001b[5C4');
	});

	test('between rows uses the shortest move', () => {
		expect(from(['a name      1', 'a name      2'], ['a name      3', 'a name      4'])).toBe(
			'\u001b[1;13H3\u001b[B\u001b[D4',
		);
		expect(from(['1', '2'], ['3', '4'])).toBe('\u001b[H3\r\n4');
	});

	test('erases the end of a row at once, with a plain pen', () => {
		expect(from(['ok and more'], ['ok'])).toBe('\u001b[1;3H\u001b[K');
		expect(from(['ok'], ['\u001b[44mok\u001b[m'])).toBe('\u001b[H\u001b[44mok\u001b[m');
	});

	test('changes only the differing attributes of a style', () => {
		expect(from(['ab'], ['\u001b[1;31ma\u001b[32mb\u001b[m'])).toBe('\u001b[H\u001b[1;31ma\u001b[32mb\u001b[m');
		expect(from(['ab'], ['\u001b[1;2;3;4;31ma\u001b[0;31mb'])).toBe('\u001b[H\u001b[1;2;3;4;31ma\u001b[;31mb\u001b[m');
	});

	test('in the colour of a blank is empty', () => {
		expect(from(['a b'], ['a\u001b[31m \u001b[mb'])).toBe('');
		expect(from(['a b'], ['a\u001b[7m \u001b[mb'])).toBe('\u001b[1;2H\u001b[7m \u001b[m');
	});

	test('sets the column again after a glyph that terminals disagree on', () => {
		expect(from(['      '], ['✅ok'])).toBe('\u001b[H  \u001b[2D✅\u001b[3Gok');
		expect(from(['      '], ['漢ok'])).toBe('\u001b[H漢ok');
	});
});

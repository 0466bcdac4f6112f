import fc from 'fast-check';
import {Box, Text} from 'ink';
import {describe, expect, test} from 'vitest';
import {cleanLine} from '../../../src/text/clean.ts';
import {fitCells} from '../../../src/text/fit.ts';
import {createStore} from '../../../src/watch/store.ts';
import {Surface} from '../../../views/surface.tsx';
import {mountTestTerminal} from '../test-terminal.tsx';

const width = 30;

/** A row of text from outside between two borders, and another row of it under that. */
async function shown(texts: readonly string[], change: boolean): Promise<readonly string[]> {
	const blank = texts.map(() => `|${' '.repeat(width)}|end`);
	const rows = texts.map(text => `|${fitCells(cleanLine(text), width)}|end`);
	const store = createStore<readonly string[]>(change ? blank : rows);
	const terminal = mountTestTerminal(
		<Box flexDirection="column">
			<Surface rows={store} width={width + 5} height={texts.length} />
			<Text>foot</Text>
		</Box>,
		{columns: width + 6, rows: texts.length + 2},
	);
	await terminal.screen();
	store.set(rows);
	const cells = await terminal.cells();
	terminal.unmount();
	// Terminals with old width tables draw a character that came later (U+06DE) over the border, and move nothing.
	return cells.map(row => [row[0]?.text[0], ...row.slice(width + 1).map(cell => cell.text)].join('').trimEnd());
}

const hostile = [
	'👍 thumbs',
	'👍🏽 skin tone',
	'👨‍👩‍👧‍👦 family',
	'⚠️ warning',
	'✅ done',
	'1️⃣ keycap',
	'🇩🇪 flag',
	'สวัสดีชาวโลก',
	'नमस्ते दुनिया',
	'العربية',
	'漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字',
	'ｆｕｌｌ width',
	'e\u0301\u0302\u0303\u0304 stacked',
	'a\u200db zero\u200bwidth\ufeff',
	'\u202eright to left\u202c',
	'\u001b[2J\u001b[31mescape\u009b2J',
	'tab\tnul\u0000bell\u0007',
	'…·■▲▸±§ ambiguous',
	'\ud800 lone',
	'﷽ very wide',
];

describe('text from outside', () => {
	test.each([false, true])('never moves its neighbours (changed in place: %s)', async change => {
		const rows = await shown(hostile, change);
		expect(rows.slice(0, hostile.length)).toEqual(hostile.map(() => '||end'));
		// Of the last row only its first letter is in the compared columns.
		expect(rows[hostile.length]).toBe('f');
	});

	test('never does so, for random text', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.string({unit: 'grapheme', maxLength: 20}), {minLength: 1, maxLength: 4}),
				fc.boolean(),
				async (texts, change) => {
					expect((await shown(texts, change)).slice(0, texts.length)).toEqual(texts.map(() => '||end'));
				},
			),
			{numRuns: 200},
		);
	});
});

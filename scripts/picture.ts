/*
 * Draws docs/deck.svg from a run of the demo: `node scripts/picture.ts [FILE [COLUMNSxROWS [SCENARIO [KEY...]]]]`. It starts the deck in a
 * pseudo-terminal, presses the keys, and draws each cell of the emulator.
 */
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {type Cell, startPty} from '../test/e2e/pty.ts';

const [file = 'docs/deck.svg', size = '140x40', scenario = 'default', ...keys] = process.argv.slice(2);
const [columns = 140, rows = 40] = size.split('x').map(Number);
const cellWidth = 8.4;
const lineHeight = 17;

const palette = [
	'#1d2021',
	'#e5534b',
	'#57ab5a',
	'#e0b341',
	'#539bf5',
	'#b083f0',
	'#39c5cf',
	'#c9d1d9',
	'#6e7681',
	'#ff6a61',
	'#6bc46d',
	'#f2cc60',
	'#6cb6ff',
	'#dcbdfb',
	'#56d4dd',
	'#f0f6fc',
];
const defaultBackground = '#0d1117';
const defaultForeground = '#c9d1d9';

const colour = (name: string, fallback: string): string =>
	name.startsWith('palette ') ? (palette[Number(name.slice(8))] ?? fallback) : name.startsWith('#') ? name : fallback;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Draws neighbouring cells of one style as one element, so that the picture stays small. */
function drawRow(cells: readonly Cell[], row: number): string {
	let drawn = '';
	for (let from = 0; from < cells.length; ) {
		const first = cells[from];
		if (first === undefined) break;
		const styleOf = ({text: _, ...style}: Cell) => JSON.stringify(style);
		let to = from + 1;
		while (to < cells.length && styleOf(cells[to] ?? first) === styleOf(first)) to += 1;
		const text = cells
			.slice(from, to)
			.map(cell => (cell.text === '' ? ' ' : cell.text))
			.join('');
		let foreground = colour(first.foreground, defaultForeground);
		let background = colour(first.background, defaultBackground);
		if (first.inverse) [foreground, background] = [background, foreground];
		const x = (from * cellWidth).toFixed(1);
		const width = ((to - from) * cellWidth).toFixed(1);
		if (background !== defaultBackground)
			drawn += `<rect x="${x}" y="${row * lineHeight}" width="${width}" height="${lineHeight}" fill="${background}"/>`;
		if (text.trim() !== '') {
			const style = `${first.bold ? ' font-weight="bold"' : ''}${first.dim ? ' opacity="0.55"' : ''}`;
			drawn += `<text x="${x}" y="${row * lineHeight + 13}" fill="${foreground}"${style} textLength="${width}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">${escaped(text)}</text>`;
		}
		from = to;
	}
	return drawn;
}

const state = await mkdtemp(join(tmpdir(), 'midwatch-picture-'));
const pty = await startPty([process.execPath, 'dist/midwatch.js', '--demo', scenario], {
	columns,
	rows,
	env: {PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', XDG_STATE_HOME: state},
});
try {
	await pty.waitFor(/\d more/);
	// By then the slowest sources have been read a few times, so that rates and trends are shown.
	await sleep(45_000);
	for (const key of keys) {
		pty.press(key);
		await sleep(400);
	}
	await pty.still(300).catch(() => {});
	const lines = Array.from({length: rows}, (_, row) =>
		drawRow(
			Array.from({length: columns}, (_cell, column) => pty.cell(column, row)),
			row,
		),
	);
	const width = Math.ceil(columns * cellWidth);
	await writeFile(
		file,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -10 ${width + 24} ${rows * lineHeight + 20}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14"><rect x="-12" y="-10" width="100%" height="100%" rx="8" fill="${defaultBackground}"/>\n${lines.join('\n')}\n</svg>\n`,
	);
} finally {
	await pty.close();
	await rm(state, {recursive: true, force: true});
}

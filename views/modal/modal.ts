import type {Tone} from '../../src/contract/pane.ts';
import {displayWidth, fitCells, truncateText, wrapText} from '../../src/text/fit.ts';
import type {Theme} from '../theme.ts';

/** A line inside a modal: pieces of cleaned text with their tones. */
export type ModalLine = readonly {readonly text: string; readonly tone: Tone; readonly selected?: boolean}[];

export const modalLine = (text: string, tone: Tone = 'plain'): ModalLine => [{text, tone}];
export const blankModalLine: ModalLine = [];

/** Wraps styled pieces at spaces; nothing is cut off. */
export function flowPieces(pieces: ModalLine, cells: number): readonly ModalLine[] {
	const lines: {text: string; tone: Tone}[][] = [[]];
	let used = 0;
	for (const {text, tone} of pieces) {
		for (const word of text.split(/(?<= )/)) {
			if (used > 0 && used + displayWidth(word.trimEnd()) > cells) {
				lines.push([]);
				used = 0;
			}
			for (const [index, part] of wrapText(word, cells).entries()) {
				if (index > 0) lines.push([]);
				const before = index > 0 ? 0 : used;
				// A space beyond the last cell is dropped: otherwise the line would be cut, and lose its last letter.
				const fitted = before + displayWidth(part) > cells ? part.trimEnd() : part;
				lines.at(-1)?.push({text: fitted, tone});
				used = before + displayWidth(fitted);
			}
		}
	}
	return lines;
}

export const labelCells = 10;

/**
 * A label in a column of its own, and a text wrapped beside it; nothing is cut off. With `tight` the text uses the label's column too from its
 * second line on.
 */
export function labelledLines(
	label: string,
	text: string,
	{cells, tone = 'plain', tight = false}: {readonly cells: number; readonly tone?: Tone; readonly tight?: boolean},
): readonly ModalLine[] {
	const name = {text: fitCells(label, labelCells), tone: 'dim' as const};
	if (!tight) {
		return wrapText(text, Math.max(10, cells - labelCells)).map((part, index) => [
			index === 0 ? name : {text: ' '.repeat(labelCells), tone: 'dim' as const},
			{text: part, tone},
		]);
	}
	return wrapText(name.text + text, cells - 2).map((part, index) =>
		index === 0 ? [name, {text: part.slice(name.text.length), tone}] : [{text: `  ${part}`, tone}],
	);
}

/** A sign, and a text wrapped beside it. */
export function signedLines(sign: string, text: string, cells: number, tone: Tone): readonly ModalLine[] {
	return wrapText(text, Math.max(10, cells - 4)).map((part, index) => [
		{text: index === 0 ? `  ${sign} ` : '    ', tone},
		{text: part, tone: tone === 'ok' || tone === 'dim' ? 'plain' : tone},
	]);
}

/** Draws the frame and its lines, each row exactly `cells` wide. Lines beyond `height` are dropped: `paintCentredModal` scrolls before that. */
export function paintModal(
	title: string,
	lines: readonly ModalLine[],
	cells: number,
	height: number,
	theme: Theme,
): readonly string[] {
	const [topLeft, topRight, bottomLeft, bottomRight, side, rule] = theme.ascii
		? ['+', '+', '+', '+', '|', '-']
		: ['┌', '┐', '└', '┘', '│', '─'];
	const inner = cells - 4;
	const name = truncateText(` ${title} `, cells - 4);
	const rows = lines.slice(0, height - 2).map(pieces => {
		let used = 0;
		let painted = '';
		for (const {text, tone, selected} of pieces) {
			const cut = truncateText(text, inner - used);
			used += displayWidth(cut);
			painted += theme.paint(cut, tone, selected);
		}
		return `${theme.paint(side, 'dim')} ${painted}${' '.repeat(Math.max(0, inner - used))} ${theme.paint(side, 'dim')}`;
	});
	return [
		theme.paint(topLeft, 'dim') +
			theme.paint(name, 'loud') +
			theme.paint(`${rule.repeat(Math.max(0, cells - 2 - displayWidth(name)))}${topRight}`, 'dim'),
		...rows,
		theme.paint(`${bottomLeft}${rule.repeat(cells - 2)}${bottomRight}`, 'dim'),
	];
}

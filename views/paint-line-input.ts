import type {KeyEnterState} from '../src/session/key-then-enter.ts';
import {type Caret, type LineInput, splitAtCaret} from '../src/session/line-input.ts';
import {cleanLine} from '../src/text/clean.ts';
import {displayWidth, lastCells, truncateText} from '../src/text/fit.ts';
import type {ModalLine} from './modal/modal.ts';
import type {Theme} from './theme.ts';

/** The end of a text that is being typed: where the caret is. */
const tail = (text: string, cells: number): string =>
	displayWidth(text) <= cells ? text : `…${lastCells(text, cells - 1)}`;

/** A line being typed, with its caret, in `cells` at most. What is typed takes the place of what is reversed. */
export function paintLineInput(line: LineInput, cells: number, theme: Theme): ModalLine {
	const [before, after] = splitAtCaret(line).map(cleanLine);
	const room = Math.max(2, cells - 1);
	const shown = tail(before ?? '', Math.max(room - displayWidth(after ?? ''), Math.ceil(room / 2)));
	return [
		{text: shown, tone: 'plain', selected: line.caret === 'all'},
		{text: theme.ascii ? '_' : '▏', tone: 'loud'},
		{text: truncateText(after ?? '', room - displayWidth(shown)), tone: 'plain'},
	];
}

/** A field among several, behind its name: the one that is typed into has a mark and the caret. */
export function paintField(
	label: string,
	index: number,
	typed: {readonly values: readonly string[]; readonly field: number; readonly caret?: Caret},
	cells: number,
	theme: Theme,
): ModalLine {
	const active = index === typed.field;
	const text = typed.values[index] ?? '';
	return [
		{text: active ? '> ' : '  ', tone: 'loud'},
		{text: label, tone: 'dim'},
		...(active
			? paintLineInput({text, caret: typed.caret ?? 0}, cells - 2 - displayWidth(label), theme)
			: [{text: cleanLine(text), tone: 'plain' as const}]),
	];
}

/** What a question that is answered by a key and then Enter asks for next: `press y, then enter`. */
export function keyThenEnterPrompt(answering: KeyEnterState, key: string, enter: string, end: string): ModalLine {
	const plain = (text: string) => ({text, tone: 'plain' as const});
	const loud = (text: string) => ({text, tone: 'loud' as const});
	const first = answering === 'key' ? [] : [loud(key), plain(', then ')];
	return [plain('press '), ...first, loud(enter), plain(end)];
}

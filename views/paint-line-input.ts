import type {KeyEnterState} from '../src/session/key-then-enter.ts';
import {type Caret, type LineInput, splitAtCaret} from '../src/session/line-input.ts';
import {cleanLine} from '../src/text/clean.ts';
import {displayWidth, lastCells, truncateText} from '../src/text/fit.ts';
import type {ModalLine} from './modal/modal.ts';
import type {Theme} from './theme.ts';

/** The last `cells` of a text: the caret is at its end. */
const tail = (text: string, cells: number): string =>
	displayWidth(text) <= cells ? text : `…${lastCells(text, cells - 1)}`;

/** A text field with its caret in at most `cells`. Reversed text is selected: typing replaces it. */
export function paintLineInput(line: LineInput, cells: number, theme: Theme): ModalLine {
	const [before, after] = splitAtCaret(line).map(cleanLine);
	const space = Math.max(2, cells - 1);
	const shown = tail(before ?? '', Math.max(space - displayWidth(after ?? ''), Math.ceil(space / 2)));
	return [
		{text: shown, tone: 'plain', selected: line.caret === 'all'},
		{text: theme.ascii ? '_' : '▏', tone: 'loud'},
		{text: truncateText(after ?? '', space - displayWidth(shown)), tone: 'plain'},
	];
}

/** One field of a form, behind its label. The active field has a `>` and the caret. */
export function paintField(
	label: string,
	index: number,
	form: {readonly values: readonly string[]; readonly field: number; readonly caret?: Caret},
	cells: number,
	theme: Theme,
): ModalLine {
	const active = index === form.field;
	const text = form.values[index] ?? '';
	return [
		{text: active ? '> ' : '  ', tone: 'loud'},
		{text: label, tone: 'dim'},
		...(active
			? paintLineInput({text, caret: form.caret ?? 0}, cells - 2 - displayWidth(label), theme)
			: [{text: cleanLine(text), tone: 'plain' as const}]),
	];
}

/** The prompt of a question that is answered by a key and then Enter: `press y, then enter`; `press enter` once the key was pressed. */
export function keyThenEnterPrompt(answering: KeyEnterState, key: string, enter: string, end: string): ModalLine {
	const plain = (text: string) => ({text, tone: 'plain' as const});
	const loud = (text: string) => ({text, tone: 'loud' as const});
	const first = answering === 'key' ? [] : [loud(key), plain(', then ')];
	return [plain('press '), ...first, loud(enter), plain(end)];
}

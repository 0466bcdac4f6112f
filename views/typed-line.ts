import {aroundCaret, type TypedLine} from '../src/deck/typed-line.ts';
import {cleanLine} from '../src/text/clean.ts';
import {cut, lastOf, width} from '../src/text/fit.ts';
import type {ModalLine} from './modal.ts';
import type {Theme} from './theme.ts';

/** The end of a text that is being typed: where the caret is. */
const tail = (text: string, cells: number): string => (width(text) <= cells ? text : `…${lastOf(text, cells - 1)}`);

/** A line being typed, with its caret, in `cells` at most. What is typed takes the place of what is reversed. */
export function typedPieces(line: TypedLine, cells: number, theme: Theme): ModalLine {
	const [before, after] = aroundCaret(line).map(cleanLine);
	const room = Math.max(2, cells - 1);
	const shown = tail(before ?? '', Math.max(room - width(after ?? ''), Math.ceil(room / 2)));
	return [
		{text: shown, tone: 'plain', selected: line.caret === 'all'},
		{text: theme.ascii ? '_' : '▏', tone: 'loud'},
		{text: cut(after ?? '', room - width(shown)), tone: 'plain'},
	];
}

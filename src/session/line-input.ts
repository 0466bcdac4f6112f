import {cleanTyped} from '../text/clean.ts';
import {graphemesOf} from '../text/graphemes.ts';

/** Characters between the caret and the end of the line. `all`: the line was prefilled, and the first key typed replaces it. */
export type Caret = number | 'all';

/** A line being typed. Default caret: the end. */
export type LineInput = {readonly text: string; readonly caret?: Caret};

const atEnd = (text: string): LineInput => ({text, caret: 0});

/** Returns the text before the caret and after it. The caret of a prefilled line is shown at its end. */
export function splitAtCaret({text, caret = 0}: LineInput): readonly [before: string, after: string] {
	if (caret === 'all' || caret === 0) return [text, ''];
	const at = [...graphemesOf(text)].at(-caret)?.index ?? 0;
	return [text.slice(0, at), text.slice(at)];
}

/** Returns the index at which the last word starts; blanks may follow the word. */
function lastWord(text: string): number {
	let start = text.trimEnd().length;
	while (start > 0 && /\S/.test(text[start - 1] ?? '')) start -= 1;
	return start;
}

const lengthOf = (text: string): number => [...graphemesOf(text)].length;

/** Returns the line after one editing key; undefined when the key edits nothing. A key that moves the caret in a prefilled line starts to edit it. */
export function editLine(
	line: LineInput,
	intent: string | undefined,
	typed: string | undefined,
): LineInput | undefined {
	const {text, caret = 0} = line;
	const [before, after] = splitAtCaret(line);
	const back = caret === 'all' ? 0 : caret;
	switch (intent) {
		case 'field.left':
			return {text, caret: Math.min(back + 1, lengthOf(text))};
		case 'field.right':
			return {text, caret: Math.max(back - 1, 0)};
		case 'field.start':
			return {text, caret: lengthOf(text)};
		case 'field.end':
			return atEnd(text);
		case 'field.erase': {
			const last = [...graphemesOf(before)].at(-1);
			return {text: before.slice(0, last?.index ?? 0) + after, caret: back};
		}
		case 'field.delete': {
			if (caret === 'all') return atEnd('');
			const [first] = graphemesOf(after);
			return {text: before + after.slice(first?.segment.length ?? 0), caret: Math.max(back - 1, 0)};
		}
		case 'field.erase-word':
			return {text: before.slice(0, lastWord(before)) + after, caret: back};
		case 'field.clear':
			return atEnd('');
		case undefined:
			if (typed === undefined) return undefined;
			return caret === 'all' ? atEnd(cleanTyped(typed)) : {text: before + cleanTyped(typed) + after, caret};
		default:
			return undefined;
	}
}

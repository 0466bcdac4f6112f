/*
 * Functions that take the place of libraries' own, which compile Unicode expressions while they load: that takes as long as laying out the first
 * frame. `load` returns the original, which is loaded for the first text that needs it.
 */
import {isSimple} from '../../src/text/graphemes.ts';

const styles = /\u001b\[\d{1,4}(?:;\d{1,4})*m/g;

/** Returns the text without the sequences that set colours and styles. */
const withoutStyles = (text: string): string => (text.includes('\u001b') ? text.replaceAll(styles, '') : text);

type StringWidth = (text: string, options?: object) => number;

/** Takes the place of string-width. */
export const simpleStringWidth =
	(load: () => StringWidth): StringWidth =>
	(text, options) => {
		const visible = withoutStyles(text);
		return options === undefined && isSimple(visible) ? visible.length : load()(text, options);
	};

type SanitizeAnsi = (text: string) => string;

/** Takes the place of Ink's sanitizeAnsi, which removes control characters and keeps styles. */
export const simpleSanitizeAnsi =
	(load: () => SanitizeAnsi): SanitizeAnsi =>
	text =>
		isSimple(withoutStyles(text).replaceAll('\n', '')) ? text : load()(text);

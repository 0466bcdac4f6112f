import {lazy} from '../lazy.ts';

/** A user-perceived character. `index`: its position in UTF-16 units. */
export type Grapheme = {readonly segment: string; readonly index: number};

/** Printable ASCII, `·`, `…`, and the characters of frames, bars, signs and graphs: each is one grapheme of one UTF-16 unit and one cell. */
const simple = /^[\u0020-\u007e\u00b7\u2026\u2500-\u25fc\u2800-\u28ff]*$/;

/** Returns true when every UTF-16 unit of the text is one grapheme of one cell. */
export const isSimple = (text: string): boolean => simple.test(text);

/** Creating it takes Node 10 to 30 ms, so it is created for the first text that needs it. */
const segmenter = lazy(() => new Intl.Segmenter(undefined, {granularity: 'grapheme'}));

/** Returns the graphemes of a text in order. */
export function graphemesOf(text: string): Iterable<Grapheme> {
	if (isSimple(text)) return Array.from(text, (segment, index) => ({segment, index}));
	return segmenter().segment(text);
}

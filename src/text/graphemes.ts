/** A part of a text that a person takes for one character. `index` is where it stands, in UTF-16 units. */
export type Grapheme = {readonly segment: string; readonly index: number};

/** ASCII that can be seen, `·`, `…`, and what frames, bars, signs and graphs are drawn with: each is a character by itself, one unit long and one cell wide. */
const simple = /^[\u0020-\u007e\u00b7\u2026\u2500-\u25fc\u2800-\u28ff]*$/;

/** Whether each unit of the text is a character by itself and takes one cell. */
export const isSimple = (text: string): boolean => simple.test(text);

let segmenter: Intl.Segmenter | undefined;

/** The graphemes of a text in their order. The first segmenter takes Node 10 to 30 ms to make, so that it is made only for a text that needs one. */
export function graphemesOf(text: string): Iterable<Grapheme> {
	if (isSimple(text)) return Array.from(text, (segment, index) => ({segment, index}));
	segmenter ??= new Intl.Segmenter(undefined, {granularity: 'grapheme'});
	return segmenter.segment(text);
}

import {isSimple} from '../../src/text/graphemes.ts';

const {Segmenter} = Intl;

type Segment = {readonly segment: string; readonly index: number};
type Segments = Iterable<Segment> & {containing(index?: number): Segment | undefined};

/** The segments of text in which each UTF-16 unit is a grapheme. */
const simpleSegments = (text: string): Segments => ({
	containing(index = 0) {
		const segment = text[index];
		return segment === undefined ? undefined : {segment, index};
	},
	[Symbol.iterator]: () => Array.from(text, (segment, index) => ({segment, index}))[Symbol.iterator](),
});

/**
 * Takes the place of `Intl.Segmenter` for graphemes; nothing in the bundle segments words or sentences. Creating the first segmenter takes
 * Node as long as laying out the first frame, libraries create theirs while they load, and a deck seldom needs one. So it is created for the
 * first text that needs it.
 */
export class LazySegmenter {
	readonly #arguments: ConstructorParameters<typeof Segmenter>;
	#segmenter: Intl.Segmenter | undefined;

	constructor(...options: ConstructorParameters<typeof Segmenter>) {
		this.#arguments = options;
	}

	segment(text: string): Segments {
		// A line break ends a grapheme unless it follows \r, and an escape is one.
		if (isSimple(text.replaceAll(/[\n\u001b]/g, ''))) return simpleSegments(text);
		this.#segmenter ??= new Segmenter(...this.#arguments);
		return this.#segmenter.segment(text);
	}
}

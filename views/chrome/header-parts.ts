import type {Tone} from '../../src/contract/pane.ts';
import {displayWidth} from '../../src/text/fit.ts';

export type StyledPiece = {readonly text: string; readonly tone: Tone};

/** One way to write a part. `keep`: forms with a lower number give way to the next form of their part first. */
export type HeaderForm = {readonly priority: number; readonly pieces: readonly StyledPiece[]};

/** What the header says about one thing: its forms, the widest first. The last one is never given up. */
export type HeaderPart = readonly HeaderForm[];

/** What is given up first, when the header is too narrow, down to what is given up last. */
export const headerPriority = {
	wellSystems: 0,
	systemNames: 1,
	consolePlaces: 2,
	unverifiedNames: 3,
	howToArm: 4,
	guarded: 5,
	policyWords: 6,
	product: 7,
	unverified: 8,
	allArmedNames: 9,
	illSystems: 10,
	labels: 11,
	policy: 12,
	settling: 13,
	worstSystem: 14,
	otherSystems: 15,
	findings: 16,
	onlyTarget: 17,
	consoleCount: 18,
	armedName: 19,
	unknownOutcome: 20,
	consoles: 21,
	armed: 22,
	always: 23,
} as const;

/** What is given up to make room, and what there is nothing to say of. */
export const emptyForm: HeaderForm = {priority: headerPriority.always, pieces: []};

/** A part with one form, or nothing when there is no room. */
export const optionalPart = (level: number, pieces: readonly StyledPiece[]): HeaderPart => [
	{priority: level, pieces},
	emptyForm,
];

/** Without pieces of only spaces at either end; the first begins with one space. */
function trimmed(pieces: readonly StyledPiece[]): readonly StyledPiece[] {
	const start = pieces.findIndex(piece => piece.text.trim() !== '');
	const end = pieces.findLastIndex(piece => piece.text.trim() !== '') + 1;
	const [first, ...others] = start < 0 ? [] : pieces.slice(start, end);
	return first === undefined ? [] : [{...first, text: ` ${first.text.trimStart()}`}, ...others];
}

const cellsOf = (pieces: readonly StyledPiece[]): number =>
	displayWidth(
		pieces
			.map(piece => piece.text)
			.join('')
			.trimEnd(),
	);

/** The pieces of all parts, in their order, in the widest forms that fit into `cells`. */
export function fitParts(parts: readonly HeaderPart[], cells: number): readonly StyledPiece[] {
	const chosen = parts.map(() => 0);
	const formOf = (part: number): HeaderForm => parts[part]?.[chosen[part] ?? 0] ?? emptyForm;
	const pieces = () => trimmed(parts.flatMap((_, part) => formOf(part).pieces));
	for (;;) {
		const now = pieces();
		if (cellsOf(now) <= cells) return now;
		let weakest = -1;
		for (const [part, forms] of parts.entries()) {
			const isLast = (chosen[part] ?? 0) >= forms.length - 1;
			if (!isLast && (weakest < 0 || formOf(part).priority < formOf(weakest).priority)) weakest = part;
		}
		if (weakest < 0) return now;
		chosen[weakest] = (chosen[weakest] ?? 0) + 1;
	}
}

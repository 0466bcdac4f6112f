import type {Tone} from '../../src/contract/pane.ts';
import {displayWidth} from '../../src/text/fit.ts';

export type StyledPiece = {readonly text: string; readonly tone: Tone};

/** One way to write a part. When the header is too narrow, the form with the lowest `priority` is replaced by the next form of its part. */
export type HeaderForm = {readonly priority: number; readonly pieces: readonly StyledPiece[]};

/** One fact of the header: its forms, the widest first. The last form is never replaced. */
export type HeaderPart = readonly HeaderForm[];

/** The priorities of all forms: what a narrow header drops first comes first. */
export const headerPriority = {
	healthySystems: 0,
	systemNames: 1,
	consolePlaces: 2,
	unverifiedNames: 3,
	howToArm: 4,
	guarded: 5,
	policyWords: 6,
	product: 7,
	unverified: 8,
	allArmedNames: 9,
	unhealthySystems: 10,
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

/** A part that is not shown: to make space, or because there is nothing to show. */
export const emptyForm: HeaderForm = {priority: headerPriority.always, pieces: []};

/** A part with one form, dropped when there is no space for it. */
export const optionalPart = (priority: number, pieces: readonly StyledPiece[]): HeaderPart => [
	{priority, pieces},
	emptyForm,
];

/** Drops pieces of only spaces at both ends; the first piece begins with one space. */
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

/** The pieces of all parts in order, in the widest forms that fit into `cells`. */
export function fitParts(parts: readonly HeaderPart[], cells: number): readonly StyledPiece[] {
	const formIndexes = parts.map(() => 0);
	const formOf = (part: number): HeaderForm => parts[part]?.[formIndexes[part] ?? 0] ?? emptyForm;
	const pieces = () => trimmed(parts.flatMap((_, part) => formOf(part).pieces));
	for (;;) {
		const fitted = pieces();
		if (cellsOf(fitted) <= cells) return fitted;
		let weakest = -1;
		for (const [part, forms] of parts.entries()) {
			const isLast = (formIndexes[part] ?? 0) >= forms.length - 1;
			if (!isLast && (weakest < 0 || formOf(part).priority < formOf(weakest).priority)) weakest = part;
		}
		if (weakest < 0) return fitted;
		formIndexes[weakest] = (formIndexes[weakest] ?? 0) + 1;
	}
}

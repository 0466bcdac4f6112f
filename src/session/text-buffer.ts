import type {DocumentLine} from '../contract/document.ts';
import {cleanText} from '../text/clean.ts';
import {truncateLine} from '../text/cut-line.ts';
import type {LineTest} from './line-filter.ts';
import {runWithTimeLimit} from './sync-time-limit.ts';

/** Lines that a block holds. They are dropped and filtered by blocks, so that neither goes through all of them at once. */
const blockLines = 1024;
/** A filter that needs longer for a block is given up: a regular expression may take hours on one line. */
const blockMs = 500;

type Block = {
	readonly lines: DocumentLine[];
	chars: number;
	/** Which of its lines pass the filter, in order; undefined as long as nobody has looked. */
	passed: number[] | undefined;
};

export type TextLimits = {
	/** Lines kept; a block more at most. */
	readonly lines: number;
	/** Characters kept; a block more at most. */
	readonly chars: number;
	/** Characters of one line; the rest of it is dropped, and that is told in its place. */
	readonly lineChars: number;
};

/** A text of any length that may grow for ever. Its lines are numbered from 0, also those that were dropped at its start. */
export type TextBuffer = {
	/** Cleans them, and drops the oldest where there is no room. */
	append(lines: readonly DocumentLine[]): void;
	/** The number of the oldest line there is, and so how many were dropped. */
	first(): number;
	/** One more than the number of the newest. */
	end(): number;
	line(number: number): DocumentLine | undefined;
	/** The first shown line from here on; undefined when there is none. */
	next(from: number): number | undefined;
	/** The last shown line up to here. */
	previous(from: number): number | undefined;
	/** How many lines are shown, from `from` on. */
	shownCount(from?: number): number;
	/** Shows only lines that pass, beginning with the newest block; `judge` goes on with the others. Undefined: all. */
	filter(test: LineTest | undefined): void;
	/** Looks at one more block. @returns false when all were looked at. */
	filterNextBlock(): boolean;
	/** The filter took too long on some line, so that all lines are shown until there is another. */
	isFilterTooSlow(): boolean;
	/** Of the lines, how many nobody has looked at since the filter was changed. */
	unfilteredCount(): number;
};

/** A text that was read as a whole is kept as a whole. */
const unlimited: TextLimits = {
	lines: Number.POSITIVE_INFINITY,
	chars: Number.POSITIVE_INFINITY,
	lineChars: Number.POSITIVE_INFINITY,
};

export function createTextBuffer(lines: readonly DocumentLine[] = [], limits: TextLimits = unlimited): TextBuffer {
	/** The first block is of the lines from `base` on; all but the last are full. */
	let blocks: Block[] = [];
	let base = 0;
	let end = 0;
	let chars = 0;
	let test: LineTest | undefined;
	let gaveUp = false;

	/** Which lines of a block pass, from the one at `start` on. Gives up a filter that takes too long. */
	function passing({lines: all}: Block, start: number): readonly number[] {
		const pass = test;
		if (pass === undefined) return [];
		const found = runWithTimeLimit(blockMs, () => {
			const passed: number[] = [];
			for (const [index, line] of all.entries()) {
				if (index >= start && pass(line.text, line.sourceLabel?.text ?? '')) passed.push(index);
			}
			return passed;
		});
		if (found !== undefined) return found;
		test = undefined;
		gaveUp = true;
		return [];
	}

	/** The lines from this one on have just come. Blocks that nobody has looked at wait for their turn. */
	function judgeNew(from: number): void {
		for (let at = Math.max(0, blockOf(from)); at < blocks.length; at += 1) {
			const block = blocks[at];
			if (block?.passed === undefined) continue;
			for (const index of passing(block, Math.max(0, from - base - at * blockLines))) block.passed.push(index);
		}
	}

	function add(line: DocumentLine): void {
		let block = blocks.at(-1);
		if (block === undefined || block.lines.length === blockLines) {
			block = {lines: [], chars: 0, passed: []};
			blocks.push(block);
		}
		block.lines.push(line);
		block.chars += line.text.length;
		chars += line.text.length;
		end += 1;
	}

	function makeRoom(): void {
		let dropped = 0;
		while (dropped < blocks.length - 1) {
			const block = blocks[dropped];
			if (block === undefined || (end - base - blockLines < limits.lines && chars - block.chars < limits.chars)) break;
			base += blockLines;
			chars -= block.chars;
			dropped += 1;
		}
		if (dropped > 0) blocks = blocks.slice(dropped);
	}

	const blockOf = (number: number): number => Math.floor((number - base) / blockLines);

	const self: TextBuffer = {
		append(more) {
			const from = end;
			for (const line of more) {
				const cleaned = cleanText(truncateLine(line.text, limits.lineChars));
				if (!cleaned.includes('\n')) add(cleaned === line.text ? line : {...line, text: cleaned});
				else for (const part of cleaned.split('\n')) add({...line, text: part});
			}
			if (test !== undefined) judgeNew(from);
			makeRoom();
		},
		first: () => base,
		end: () => end,
		line: number => (number < base ? undefined : blocks[blockOf(number)]?.lines[(number - base) % blockLines]),
		next(from) {
			const start = Math.max(from, base);
			if (test === undefined) return start < end ? start : undefined;
			for (let at = blockOf(start); at < blocks.length; at += 1) {
				const offset = base + at * blockLines;
				const found = blocks[at]?.passed?.find(index => offset + index >= start);
				if (found !== undefined) return offset + found;
			}
			return undefined;
		},
		previous(from) {
			const start = Math.min(from, end - 1);
			if (test === undefined) return start >= base ? start : undefined;
			for (let at = blockOf(start); at >= 0; at -= 1) {
				const offset = base + at * blockLines;
				const found = blocks[at]?.passed?.findLast(index => offset + index <= start);
				if (found !== undefined) return offset + found;
			}
			return undefined;
		},
		shownCount(from = base) {
			const start = Math.max(from, base);
			if (test === undefined) return Math.max(0, end - start);
			let sum = 0;
			for (let at = blockOf(start); at < blocks.length; at += 1) {
				const passed = blocks[at]?.passed ?? [];
				const offset = base + at * blockLines;
				sum += offset >= start ? passed.length : passed.filter(index => offset + index >= start).length;
			}
			return sum;
		},
		filter(wanted) {
			test = wanted;
			gaveUp = false;
			for (const block of blocks) block.passed = undefined;
			self.filterNextBlock();
		},
		filterNextBlock() {
			if (test === undefined) return false;
			const block = blocks.findLast(one => one.passed === undefined);
			if (block !== undefined) block.passed = [...passing(block, 0)];
			return test !== undefined && blocks.some(one => one.passed === undefined);
		},
		isFilterTooSlow: () => gaveUp,
		unfilteredCount: () =>
			test === undefined
				? 0
				: blocks.reduce((sum, block) => sum + (block.passed === undefined ? block.lines.length : 0), 0),
	};
	self.append(lines);
	return self;
}

import type {DocumentLine} from '../contract/document.ts';
import {cleanText} from '../text/clean.ts';
import {truncateLine} from '../text/cut-line.ts';
import type {LineTest} from './line-filter.ts';
import {createLineLayouts, type LineLayouts} from './line-layout.ts';
import {runWithTimeLimit} from './sync-time-limit.ts';

/** Lines per block. Lines are dropped and filtered by blocks, so that neither goes through all of them at once. */
const blockLines = 1024;
/** A filter that takes longer than this for one block is stopped: a regular expression may take hours on one line. */
const blockFilterTimeoutMs = 500;

type Block = {
	readonly lines: DocumentLine[];
	chars: number;
	/** Indexes of the lines that pass the filter, in order; undefined until the block is filtered. */
	passed: number[] | undefined;
};

export type TextLimits = {
	/** Lines stored; up to one block more. */
	readonly lines: number;
	/** Characters stored; up to one block more. */
	readonly chars: number;
	/** Characters of one line; the rest is cut off, and a note takes its place. */
	readonly lineChars: number;
};

/** A text of any length that may grow for ever. Its lines are numbered from 0, including those that were dropped at its start. */
export type TextBuffer = {
	/** Cleans the lines, and drops the oldest ones where the limits require it. */
	append(lines: readonly DocumentLine[]): void;
	/** Returns the number of the oldest line stored, which is how many were dropped. */
	first(): number;
	/** Returns the number of the newest line plus one. */
	end(): number;
	line(number: number): DocumentLine | undefined;
	readonly layOutLine: LineLayouts;
	/** Returns the first shown line from `from` on; undefined when there is none. */
	next(from: number): number | undefined;
	/** Returns the last shown line up to `from`. */
	previous(from: number): number | undefined;
	/** Counts the shown lines from `from` on. */
	shownCount(from?: number): number;
	/** Shows only lines that pass. Filters the newest block; `filterNextBlock` continues with the others. Undefined: shows all. */
	filter(test: LineTest | undefined): void;
	/** Filters one more block, the newest first. @returns false when all are filtered. */
	filterNextBlock(): boolean;
	/** The filter took too long on some line: all lines are shown until another filter is set. */
	isFilterTooSlow(): boolean;
	/** Counts the lines in blocks that the current filter has not reached yet. */
	unfilteredCount(): number;
};

/** A text that was read in one piece is stored in full. */
const unlimited: TextLimits = {
	lines: Number.POSITIVE_INFINITY,
	chars: Number.POSITIVE_INFINITY,
	lineChars: Number.POSITIVE_INFINITY,
};

/** The stored lines. All blocks but the last are full. */
function createBlockList(limits: TextLimits) {
	let blocks: Block[] = [];
	/** Number of the first line of the first block. */
	let first = 0;
	let end = 0;
	let chars = 0;
	const blockOf = (number: number): number => Math.floor((number - first) / blockLines);

	return {
		first: () => first,
		end: () => end,
		blocks: (): readonly Block[] => blocks,
		blockOf,
		/** Returns the number of the first line of a block. */
		firstOf: (block: number): number => first + block * blockLines,
		line: (number: number): DocumentLine | undefined =>
			number < first ? undefined : blocks[blockOf(number)]?.lines[(number - first) % blockLines],
		add(line: DocumentLine): void {
			let block = blocks.at(-1);
			if (block === undefined || block.lines.length === blockLines) {
				block = {lines: [], chars: 0, passed: []};
				blocks.push(block);
			}
			block.lines.push(line);
			block.chars += line.text.length;
			chars += line.text.length;
			end += 1;
		},
		/** Drops the oldest blocks as far as the limits require. */
		dropOldest(): void {
			let dropped = 0;
			while (dropped < blocks.length - 1) {
				const block = blocks[dropped];
				if (block === undefined || (end - first - blockLines < limits.lines && chars - block.chars < limits.chars))
					break;
				first += blockLines;
				chars -= block.chars;
				dropped += 1;
			}
			if (dropped > 0) blocks = blocks.slice(dropped);
		},
	};
}

type BlockList = ReturnType<typeof createBlockList>;

/** Which lines of a block list pass the current filter. */
function createBlockFilter(list: BlockList) {
	let test: LineTest | undefined;
	let isTooSlow = false;

	/** Returns the indexes of the lines of a block that pass, from index `start` on. Gives up a filter that takes too long. */
	function passing({lines}: Block, start: number): readonly number[] {
		const passes = test;
		if (passes === undefined) return [];
		const indexes = runWithTimeLimit(blockFilterTimeoutMs, () => {
			const passed: number[] = [];
			for (const [index, line] of lines.entries()) {
				if (index >= start && passes(line.text, line.sourceLabel?.text ?? '')) passed.push(index);
			}
			return passed;
		});
		if (indexes !== undefined) return indexes;
		test = undefined;
		isTooSlow = true;
		return [];
	}

	return {
		isActive: () => test !== undefined,
		isTooSlow: () => isTooSlow,
		set(wanted: LineTest | undefined): void {
			test = wanted;
			isTooSlow = false;
			for (const block of list.blocks()) block.passed = undefined;
		},
		/** Filters the lines from number `from` on, which are new. Blocks that are not filtered yet wait for their turn. */
		filterNew(from: number): void {
			for (let at = Math.max(0, list.blockOf(from)); at < list.blocks().length; at += 1) {
				const block = list.blocks()[at];
				if (block?.passed === undefined) continue;
				for (const index of passing(block, Math.max(0, from - list.firstOf(at)))) block.passed.push(index);
			}
		},
		filterNextBlock(): boolean {
			if (test === undefined) return false;
			const block = list.blocks().findLast(one => one.passed === undefined);
			if (block !== undefined) block.passed = [...passing(block, 0)];
			return test !== undefined && list.blocks().some(one => one.passed === undefined);
		},
		next(start: number): number | undefined {
			for (let at = list.blockOf(start); at < list.blocks().length; at += 1) {
				const offset = list.firstOf(at);
				const index = list.blocks()[at]?.passed?.find(passed => offset + passed >= start);
				if (index !== undefined) return offset + index;
			}
			return undefined;
		},
		previous(start: number): number | undefined {
			for (let at = list.blockOf(start); at >= 0; at -= 1) {
				const offset = list.firstOf(at);
				const index = list.blocks()[at]?.passed?.findLast(passed => offset + passed <= start);
				if (index !== undefined) return offset + index;
			}
			return undefined;
		},
		count(start: number): number {
			let sum = 0;
			for (let at = list.blockOf(start); at < list.blocks().length; at += 1) {
				const passed = list.blocks()[at]?.passed ?? [];
				const offset = list.firstOf(at);
				sum += offset >= start ? passed.length : passed.filter(index => offset + index >= start).length;
			}
			return sum;
		},
	};
}

export function createTextBuffer(lines: readonly DocumentLine[] = [], limits: TextLimits = unlimited): TextBuffer {
	const list = createBlockList(limits);
	const filter = createBlockFilter(list);

	function append(added: readonly DocumentLine[]): void {
		const from = list.end();
		for (const line of added) {
			const cleaned = cleanText(truncateLine(line.text, limits.lineChars));
			if (!cleaned.includes('\n')) list.add(cleaned === line.text ? line : {...line, text: cleaned});
			else for (const part of cleaned.split('\n')) list.add({...line, text: part});
		}
		if (filter.isActive()) filter.filterNew(from);
		list.dropOldest();
	}

	append(lines);
	return {
		append,
		first: list.first,
		end: list.end,
		line: list.line,
		layOutLine: createLineLayouts(),
		next(from) {
			const start = Math.max(from, list.first());
			if (filter.isActive()) return filter.next(start);
			return start < list.end() ? start : undefined;
		},
		previous(from) {
			const start = Math.min(from, list.end() - 1);
			if (filter.isActive()) return filter.previous(start);
			return start >= list.first() ? start : undefined;
		},
		shownCount(from = list.first()) {
			const start = Math.max(from, list.first());
			return filter.isActive() ? filter.count(start) : Math.max(0, list.end() - start);
		},
		filter(test) {
			filter.set(test);
			filter.filterNextBlock();
		},
		filterNextBlock: filter.filterNextBlock,
		isFilterTooSlow: filter.isTooSlow,
		unfilteredCount: () =>
			filter.isActive()
				? list.blocks().reduce((sum, block) => sum + (block.passed === undefined ? block.lines.length : 0), 0)
				: 0,
	};
}

import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
	createSession,
	cursorIndex,
	hasLostCursor,
	type Move,
	moveIndex,
	paneSession,
	reduceSession,
	type SessionChange,
} from '../../../src/session/session.ts';
import {createTextBuffer} from '../../../src/session/text-buffer.ts';
import type {TableRow} from '../../../src/table/build-view.ts';

const entry = (id: string): TableRow => ({
	key: id,
	row: {id, kind: 'postgres.session', target: 'db', severity: 'ok'},
});
const moves: readonly Move[] = ['down', 'up', 'first', 'last', 'page-down', 'page-up', 'half-down', 'half-up'];

describe('moveIndex', () => {
	it.each([
		[0, 'down', 1],
		[0, 'up', 0],
		[3, 'first', 0],
		[3, 'last', 9],
		[3, 'page-down', 7],
		[8, 'page-down', 9],
		[3, 'half-down', 5],
		[3, 'half-up', 1],
	] as const)('%i %s of 10 lines, 4 a page, is %i', (from, move, to) => {
		expect(moveIndex(from, move, 10, 4)).toBe(to);
	});

	it('never leaves the list', () => {
		fc.assert(
			fc.property(
				fc.nat(50),
				fc.constantFrom(...moves),
				fc.integer({min: 1, max: 50}),
				fc.nat(60),
				(from, move, size, page) => {
					const to = moveIndex(Math.min(from, size - 1), move, size, page);
					expect(to).toBeGreaterThanOrEqual(0);
					expect(to).toBeLessThan(size);
				},
			),
		);
	});
});

describe('session', () => {
	it('keeps the cursor on its row, and selects nothing when that row is no longer shown', () => {
		const entries = ['a', 'b', 'c'].map(entry);
		const session = reduceSession(createSession('p'), {do: 'cursor', pane: 'p', index: 1, entries});
		const pane = paneSession(session, 'p');
		expect(cursorIndex(pane, ['x', 'a', 'b'].map(entry))).toBe(2);
		expect(cursorIndex(pane, ['x', 'y', 'z'].map(entry))).toBe(-1);
		expect(hasLostCursor(pane, ['x', 'y', 'z'].map(entry))).toBe(true);
		expect(hasLostCursor(pane, ['x', 'b'].map(entry))).toBe(false);
		expect(cursorIndex(pane, [])).toBe(-1);
		expect(hasLostCursor(pane, [])).toBe(false);
	});

	it('goes to a row near its line when a key changed which rows are shown', () => {
		const entries = ['a', 'b', 'c'].map(entry);
		const on = reduceSession(createSession('p'), {do: 'cursor', pane: 'p', index: 1, entries});
		const changes: readonly SessionChange[] = [
			{do: 'filter', pane: 'p', text: 'z'},
			{do: 'problems-only', pane: 'p', on: true},
			{do: 'only-target', target: 'x'},
		];
		for (const by of changes) {
			const pane = paneSession(reduceSession(on, by), 'p');
			expect(cursorIndex(pane, ['x', 'y', 'z'].map(entry))).toBe(1);
			expect(cursorIndex(pane, ['x'].map(entry))).toBe(0);
			expect(cursorIndex(pane, ['x', 'a'].map(entry))).toBe(1);
		}
	});

	it('changes only the document with the given opening number', () => {
		const layer = {
			kind: 'document',
			title: 'A',
			state: 'loading',
			text: createTextBuffer(),
			top: 'end',
			followState: 'no',
			search: '',
			filter: '',
			wrap: true,
			stamps: false,
			left: 0,
			opening: 1,
		} as const;
		const session = reduceSession(createSession('p'), {do: 'push', layer});
		expect(reduceSession(session, {do: 'document', opening: 2, change: {title: 'B'}}).layers).toEqual([layer]);
		expect(reduceSession(session, {do: 'document', opening: 1, change: {title: 'B'}}).layers).toMatchObject([
			{title: 'B'},
		]);
	});

	it('marks and unmarks a row', () => {
		const once = reduceSession(createSession('p'), {do: 'mark', key: 'a'});
		expect([...paneSession(once, 'p').marks]).toEqual(['a']);
		expect(paneSession(reduceSession(once, {do: 'mark', key: 'a'}), 'p').marks.size).toBe(0);
	});
});

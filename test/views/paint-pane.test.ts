import {stripVTControlCharacters} from 'node:util';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Column, Pane} from '../../src/contract/pane.ts';
import type {Reading} from '../../src/contract/reading.ts';
import type {Severity} from '../../src/contract/row.ts';
import type {PaneSession} from '../../src/session/session.ts';
import {buildPaneView, type PaneView} from '../../src/table/build-view.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {paintGauges} from '../../views/table/gauge-line.ts';
import {paintPane} from '../../views/table/paint-pane.ts';
import {createPaneMemory} from '../../views/table/pane-memory.ts';
import {liveReading} from '../src/contract/live-reading.ts';
import {
	type ArbitraryRow,
	anyTheme,
	arbitraryColumns,
	arbitraryGauge,
	arbitraryRow,
	cellsOf,
	hostileText,
	plainText,
	sectionOf,
	themes,
} from './arbitraries.ts';

const reading = (rows: readonly ArbitraryRow[], part: Partial<Reading>) =>
	liveReading('postgres.session', rows, {nextAt: 1000, ...part});

const failure = fc.record({
	kind: fc.constant('unreachable' as const),
	message: hostileText,
	hint: hostileText,
	since: fc.constant(0),
	attempts: fc.constant(3),
});

const wildReading = fc
	.record({
		target: hostileText,
		rows: fc.array(arbitraryRow, {maxLength: 30}),
		state: fc.constantFrom<Reading['state']>('connecting', 'live', 'failed', 'paused'),
		read: fc.boolean(),
		failure: fc.option(failure, {nil: undefined}),
		gauges: fc.array(arbitraryGauge, {maxLength: 3}),
		note: hostileText,
		sample: hostileText,
		omitted: fc.nat(1000),
	})
	.map(({target, rows, state, read, failure: fails, gauges, note, sample, omitted}) =>
		reading([], {
			target,
			state,
			failure: fails,
			snapshot: read ? {rows, gauges, omitted, sample, notes: [{text: note, hint: note, severity: 'warn'}]} : undefined,
		}),
	);

/** The lines of a focused pane in which nothing is selected. */
function paintedLines(
	view: PaneView,
	filter: string,
	at: {readonly width: number; readonly height: number; readonly now: number},
): readonly string[] {
	const session: PaneSession = {
		filter,
		problemsOnly: false,
		cursorLine: 0,
		cursorMayMove: false,
		cursor: undefined,
		marks: new Set(),
		orders: {},
	};
	const frame = {view, session, number: 1, focused: true, theme: themes[1], ...at};
	return paintPane(frame, createPaneMemory()).rows.map(plainText);
}

describe('a pane', () => {
	it('has exactly the requested size, whatever it contains', () => {
		fc.assert(
			fc.property(
				fc.array(wildReading, {maxLength: 3}),
				arbitraryColumns,
				fc.record({width: fc.integer({min: 20, max: 210}), height: fc.integer({min: 1, max: 50})}),
				fc.record({filter: hostileText, place: fc.nat(40), cursor: fc.constant(undefined), marked: fc.boolean()}),
				fc.boolean(),
				anyTheme,
				(readings, columns, size, {filter, place, cursor, marked}, focused, paint) => {
					const pane: Pane = {
						id: 'p',
						title: 'A pane',
						tab: 'P',
						systems: ['postgres'],
						gauges: ['g0', 'g1'],
						sections: [sectionOf(columns, 2), sectionOf(columns)],
					};
					const view = buildPaneView(pane, readings, {filter: filter.trim(), target: undefined, orders: {}, now: 9000});
					const marks = new Set(marked ? view.entries.map(entry => entry.key) : []);
					const session: PaneSession = {
						filter,
						problemsOnly: false,
						cursorLine: place,
						cursorMayMove: false,
						cursor,
						marks,
						orders: {},
					};
					const {rows, page} = paintPane(
						{view, session, number: 1, focused, ...size, now: 9000, theme: paint},
						createPaneMemory(new Map([['postgres.session', place]])),
					);
					expect(rows.map(cellsOf)).toEqual(Array.from({length: size.height}, () => size.width));
					expect(page.rows).toBeGreaterThanOrEqual(1);
				},
			),
			{numRuns: 300},
		);
	});

	const paneWith = (rows: readonly ArbitraryRow[], part: Partial<Reading>, filter = '') => {
		const column: Column<ArbitraryRow> = {header: 'NAME', field: 'name', width: 8, grow: true, cell: row => row.id};
		const pane: Pane = {
			id: 'p',
			title: 'Rows',
			tab: 'P',
			systems: ['postgres'],
			gauges: [],
			sections: [sectionOf([column])],
		};
		const view = buildPaneView(pane, [reading(rows, part)], {filter, target: undefined, orders: {}, now: 9000});
		return paintedLines(view, filter, {width: 60, height: 8, now: 9000}).join('\n');
	};
	const row = (id: string, is: Severity = 'ok'): ArbitraryRow => ({
		id,
		kind: 'postgres.session',
		target: 'db',
		severity: is,
		cells: [],
	});

	it('explains an empty section', () => {
		expect(paneWith([], {})).toContain('nothing here');
		expect(paneWith([row('a'), row('b')], {}, 'zzz')).toContain('no row matches /zzz; esc shows all 2');
		expect(paneWith([], {state: 'connecting', snapshot: undefined, readAt: undefined})).toContain('reading: rows');
	});

	it('explains a filter without matches: how it was parsed, and where it has matches', () => {
		const column: Column<ArbitraryRow> = {header: 'NAME', field: 'name', width: 4, grow: true, cell: one => one.id};
		const first = sectionOf([column]);
		const second = {...sectionOf([column]), kind: 'postgres.statement' as const, title: 'Statements'};
		const pane: Pane = {id: 'p', title: 'Rows', tab: 'P', systems: ['postgres'], gauges: [], sections: [first, second]};
		const linesFor = (filter: string, above: readonly ArbitraryRow[]) => {
			const readings = [reading(above, {}), reading([row('media-1'), row('x')], {kind: 'postgres.statement'})];
			const view = buildPaneView(pane, readings, {filter, target: undefined, orders: {}, now: 9000});
			return paintedLines(view, filter, {width: 90, height: 12, now: 1000});
		};
		const here = linesFor('media', [row('a'), row('b')]);
		expect(here[0]).toMatch(/ \/media {2}db {2}1 in Statements ─$/);
		expect(here).toContain('  no row matches /media, but 1 in Statements; esc shows all 2');
		expect(linesFor('media', [])[0]).toMatch(/ 1 in Statements ─$/);
		expect(linesFor('zone:media', [row('a')])).toContain(
			'  no column is named zone, so it is searched as text; columns: name',
		);
		expect(linesFor('nm:media', [row('media')])[0]).toMatch(/ 1 of 1 ─$/);
	});

	it('shows what cannot be read, since when, what to do, and how old the rest is', () => {
		const fails = {
			kind: 'unreachable',
			message: 'connection refused',
			hint: 'Start it.',
			since: 1000,
			attempts: 2,
		} as const;
		const painted = paneWith([row('a')], {state: 'failed', failure: fails, nextAt: 11_000});
		expect(painted).toContain('? db: connection refused\n');
		expect(painted).toContain('since 00:00:01Z; Start it.');
		expect(painted).toContain('9s old');
		expect(painted).toContain('·▸a');
	});

	it('shows that a list was cut, and what the rows below it are', () => {
		const many = Array.from({length: 20}, (_, index) => row(`r${index}`, index === 0 ? 'crit' : 'ok'));
		expect(paneWith(many, {})).toMatch(/… 15 more, all ok/);
		const cut = {rows: [row('a')], gauges: [], notes: [], omitted: 311};
		expect(paneWith([], {snapshot: cut})).toContain('311 more are not listed');
	});
});

describe('gauges', () => {
	it('leave out those that are ok first, and keep their order', () => {
		const text = (id: string, severity: Severity) =>
			({id, label: id, value: undefined, unit: 'text', text: 'x'.repeat(8), severity}) as const;
		const gauges = [text('a', 'ok'), text('b', 'ok'), text('c', 'warn'), text('d', 'ok')];
		const line = (cells: number) =>
			stripVTControlCharacters(paintGauges(gauges, ['a', 'b', 'c', 'd'], '', cells, themes[1])).trim();
		expect(line(50)).toBe('a xxxxxxxx  b xxxxxxxx  c xxxxxxxx  d xxxxxxxx');
		expect(line(30)).toBe('a xxxxxxxx  c xxxxxxxx');
		expect(line(16)).toBe('c xxxxxxxx');
	});

	it('have exactly the requested width', () => {
		fc.assert(
			fc.property(
				fc.array(arbitraryGauge, {maxLength: 5}),
				hostileText,
				fc.integer({min: 2, max: 200}),
				anyTheme,
				(gauges, label, cells, paint) => {
					expect(cellsOf(paintGauges(gauges, ['g0', 'g1'], cleanLine(label), cells, paint))).toBe(cells);
				},
			),
		);
	});
});

import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {arrangePane} from '../../src/arrange.ts';
import type {Gauge, Row, Severity} from '../../src/contract.ts';
import {type Column, defineSection, type Pane} from '../../src/pane.ts';
import type {Reading} from '../../src/poll/reading.ts';
import type {PaneSession} from '../../src/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {width, wrap} from '../../src/text/fit.ts';
import {paintGauges} from '../../views/gauge-line.ts';
import {layoutOf} from '../../views/layout.ts';
import {flowed, labelled, paintModal, signed, tail} from '../../views/modal.ts';
import {paintPane} from '../../views/pane.ts';
import {paintHeader, paintRow, planColumns} from '../../views/row.ts';
import {createSpan} from '../../views/span.ts';
import {createTheme} from '../../views/theme.ts';

const themes = [createTheme('colour', false), createTheme('none', false), createTheme('colour', true)] as const;
const cellsOf = (painted: string) => width(painted.replace(/\u001b\[[0-9;]*m/g, ''));

/** What a name, a query or a key may hold: wide, combining, invisible, moving the cursor, turning the direction, broken. */
const hostile = fc.oneof(
	fc.string({unit: 'grapheme', maxLength: 60}),
	fc.string({unit: 'binary', maxLength: 30}),
	fc.constantFrom(
		'',
		'名前'.repeat(20),
		'e\u0301'.repeat(30),
		'\u001b[2J\u001b[31mred\u001b]0;title\u0007',
		'\u202egnirts\u2066',
		'a\u200bb\u200dc\ufeff',
		'👨‍👩‍👧‍👦🏳️‍🌈🇪🇺',
		'\ud800lone',
		'line\nline\ttab\r',
		'\u0000\u0085\u009b31m',
		'x'.repeat(400),
	),
);
const severity = fc.constantFrom<Severity>('ok', 'warn', 'crit', 'unknown');

type Wild = Row & {readonly cells: readonly string[]};

const wildRow = fc.record({
	id: fc.uuid(),
	target: hostile,
	severity,
	why: hostile,
	cells: fc.array(hostile, {minLength: 4, maxLength: 4}),
});

const wildColumns = fc
	.array(
		fc.record({
			width: fc.integer({min: 1, max: 24}),
			grow: fc.boolean(),
			right: fc.boolean(),
			yields: fc.option(fc.nat(3)),
		}),
		{minLength: 4, maxLength: 4},
	)
	.map(shapes =>
		shapes.map(
			(shape, index): Column<Wild> => ({
				header: `COLUMN ${index}`,
				field: `field${index}`,
				width: shape.width,
				...(shape.grow ? {grow: true as const} : {}),
				...(shape.right ? {align: 'right' as const} : {}),
				...(shape.yields === null ? {} : {yields: shape.yields}),
				cell: row => ({text: row.cells[index] ?? '', tone: row.severity}),
			}),
		),
	);

const sectionOf = (columns: readonly Column<Wild>[], weight = 1) =>
	defineSection<Wild>({
		kind: 'postgres.session',
		title: 'Rows',
		weight,
		empty: 'nothing here',
		orders: [{title: 'as they come', compare: () => 0}],
		columns,
	});

const look = fc.record({cursor: fc.boolean(), focused: fc.boolean(), marked: fc.boolean(), old: fc.boolean()});
const theme = fc.constantFrom(...themes);

describe('a row', () => {
	it('is exactly as wide as its pane, whatever it holds', () => {
		fc.assert(
			fc.property(
				wildRow,
				wildColumns,
				fc.integer({min: 2, max: 200}),
				fc.nat(14),
				look,
				theme,
				(row, columns, cells, names, is, paint) => {
					const plan = planColumns(sectionOf(columns), cells, names);
					expect(cellsOf(paintRow(row, plan, is, 0, paint))).toBe(cells);
					expect(cellsOf(paintHeader(plan, paint))).toBe(cells);
				},
			),
			{numRuns: 300},
		);
	});

	it('gives columns up by their number, and what is left over to those that grow', () => {
		const column = (field: string, cells: number, more: Partial<Column<Wild>> = {}): Column<Wild> => ({
			header: field,
			field,
			width: cells,
			cell: () => '',
			...more,
		});
		const section = sectionOf([
			column('name', 10, {grow: true}),
			column('first', 10, {yields: 1}),
			column('second', 10, {yields: 2}),
		]);
		const shown = (cells: number) =>
			planColumns(section, cells, 0).columns.map(one => `${one.column.field} ${one.width}`);
		expect(shown(40)).toEqual(['name 16', 'first 10', 'second 10']);
		expect(shown(33)).toEqual(['name 20', 'second 10']);
		expect(shown(20)).toEqual(['name 18']);
	});

	it('shows a cursor loud only where the pane has the focus, and a mark in its place', () => {
		const plan = planColumns(sectionOf([]), 4, 0);
		const row: Wild = {id: 'a', target: 'db', severity: 'ok', cells: []};
		const painted = (focused: boolean, marked: boolean) =>
			paintRow(row, plan, {cursor: true, focused, marked, old: false}, 0, themes[0]);
		expect(painted(false, false)).toContain('\u001b[2m▸');
		expect(painted(true, false)).toContain('\u001b[7m▸');
		expect(painted(false, true)).toContain('●');
	});
});

const reading = (rows: readonly Wild[], part: Partial<Reading>): Reading => ({
	target: 'db',
	kind: 'postgres.session',
	state: 'live',
	snapshot: {rows, gauges: [], notes: [], omitted: 0},
	readAt: 0,
	tookMs: 1,
	failure: undefined,
	intervalMs: 2000,
	nextAt: 1000,
	findings: [],
	history: {},
	...part,
});

const gauge = fc.record({
	id: fc.constantFrom('g0', 'g1'),
	label: fc.constantFrom('memory', 'conns'),
	value: fc.option(fc.double({noNaN: true, min: 0, max: 1e13}), {nil: undefined}),
	unit: fc.constantFrom<Gauge['unit']>('count', 'bytes', 'ratio', 'seconds', 'per-second', 'text'),
	limit: fc.double({noNaN: true, min: 0, max: 1e13}),
	text: hostile,
	severity,
});

const failure = fc.record({
	kind: fc.constant('unreachable' as const),
	message: hostile,
	hint: hostile,
	since: fc.constant(0),
	attempts: fc.constant(3),
});

const wildReading = fc
	.record({
		target: hostile,
		rows: fc.array(wildRow, {maxLength: 30}),
		state: fc.constantFrom<Reading['state']>('connecting', 'live', 'failed', 'paused'),
		read: fc.boolean(),
		failure: fc.option(failure, {nil: undefined}),
		gauges: fc.array(gauge, {maxLength: 3}),
		note: hostile,
		sample: hostile,
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

describe('a pane', () => {
	it('is exactly as large as it is told to be, whatever is in it', () => {
		fc.assert(
			fc.property(
				fc.array(wildReading, {maxLength: 3}),
				wildColumns,
				fc.record({width: fc.integer({min: 20, max: 210}), height: fc.integer({min: 1, max: 50})}),
				fc.record({filter: hostile, place: fc.nat(40), cursor: fc.constant(undefined), marked: fc.boolean()}),
				fc.boolean(),
				theme,
				(readings, columns, size, {filter, place, cursor, marked}, focused, paint) => {
					const pane: Pane = {
						id: 'p',
						title: 'A pane',
						tab: 'P',
						systems: ['postgres'],
						gauges: ['g0', 'g1'],
						sections: [sectionOf(columns, 2), sectionOf(columns)],
					};
					const view = arrangePane(pane, readings, {filter: filter.trim(), target: undefined, orders: {}, now: 9000});
					const marks = new Set(marked ? view.entries.map(entry => entry.key) : []);
					const session: PaneSession = {filter, place, cursor, marks, orders: {}};
					const {rows, page} = paintPane(
						{view, session, number: 1, focused, ...size, now: 9000, theme: paint},
						new Map([['postgres.session', place]]),
					);
					expect(rows.map(cellsOf)).toEqual(Array.from({length: size.height}, () => size.width));
					expect(page).toBeGreaterThanOrEqual(1);
				},
			),
			{numRuns: 300},
		);
	});

	const paneWith = (rows: readonly Wild[], part: Partial<Reading>, filter = '') => {
		const column: Column<Wild> = {header: 'NAME', field: 'name', width: 8, grow: true, cell: row => row.id};
		const pane: Pane = {
			id: 'p',
			title: 'Rows',
			tab: 'P',
			systems: ['postgres'],
			gauges: [],
			sections: [sectionOf([column])],
		};
		const view = arrangePane(pane, [reading(rows, part)], {filter, target: undefined, orders: {}, now: 9000});
		const session: PaneSession = {filter, place: 0, cursor: undefined, marks: new Set(), orders: {}};
		const frame = {view, session, number: 1, focused: true, width: 60, height: 8, now: 9000, theme: themes[1]};
		return paintPane(frame, new Map())
			.rows.map(row => row.replace(/\u001b\[[0-9;]*m/g, '').trimEnd())
			.join('\n');
	};
	const row = (id: string, is: Severity = 'ok'): Wild => ({id, target: 'db', severity: is, cells: []});

	it('says what it means that there is nothing', () => {
		expect(paneWith([], {})).toContain('nothing here');
		expect(paneWith([row('a'), row('b')], {}, 'zzz')).toContain('no row matches /zzz; esc shows all 2');
		expect(paneWith([], {state: 'connecting', snapshot: undefined, readAt: undefined})).toContain('reading: rows');
	});

	it('says what cannot be read, since when, what to do, and how old the rest is', () => {
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

	it('says that a list was cut, and what the rows below it are', () => {
		const many = Array.from({length: 20}, (_, index) => row(`r${index}`, index === 0 ? 'crit' : 'ok'));
		expect(paneWith(many, {})).toMatch(/… 15 more, all ok/);
		const cut = {rows: [row('a')], gauges: [], notes: [], omitted: 311};
		expect(paneWith([], {snapshot: cut})).toContain('311 more were not read: the list was cut');
	});
});

describe('gauges', () => {
	it('are exactly as wide as told', () => {
		fc.assert(
			fc.property(
				fc.array(gauge, {maxLength: 5}),
				hostile,
				fc.integer({min: 2, max: 200}),
				theme,
				(gauges, label, cells, paint) => {
					expect(cellsOf(paintGauges(gauges, ['g0', 'g1'], cleanLine(label), cells, paint))).toBe(cells);
				},
			),
		);
	});
});

describe('a modal', () => {
	const tones = fc.constantFrom('dim', 'plain', 'loud', 'warn' as const);

	it('is exactly as wide as told, line by line', () => {
		const pieces = fc.array(fc.record({text: hostile.map(cleanLine), tone: tones}), {maxLength: 4});
		fc.assert(
			fc.property(
				hostile.map(cleanLine),
				fc.array(pieces, {maxLength: 9}),
				fc.integer({min: 10, max: 130}),
				theme,
				(title, lines, cells, paint) => {
					const rows = paintModal(title, lines, cells, 12, paint);
					expect(new Set(rows.map(cellsOf))).toEqual(new Set([cells]));
					expect(rows.length).toBeLessThanOrEqual(12);
				},
			),
		);
	});

	it('loses nothing of a text that goes on below itself', () => {
		const words = fc.array(fc.stringMatching(/^[!-~]{1,30}$/), {minLength: 1, maxLength: 30}).map(all => all.join(' '));
		const said = (lines: readonly (readonly {readonly text: string}[])[]) =>
			lines
				.map(line => line.map(piece => piece.text).join(''))
				.join('')
				.replace(/\s/g, '');
		fc.assert(
			fc.property(words, fc.integer({min: 24, max: 110}), fc.boolean(), (text, cells, tight) => {
				const bare = text.replace(/\s/g, '');
				const all = [
					labelled('', text, {cells, tight}),
					flowed([{text, tone: 'plain'}], cells),
					signed('', text, cells, 'warn'),
					wrap(text, cells).map(part => [{text: part}]),
				];
				for (const lines of all) {
					expect(said(lines)).toBe(bare);
					for (const line of lines)
						expect(
							width(
								line
									.map(piece => piece.text)
									.join('')
									.trimEnd(),
							),
						).toBeLessThanOrEqual(cells);
				}
			}),
		);
	});

	it('keeps the end of what is typed in sight', () => {
		fc.assert(
			fc.property(hostile.map(cleanLine), fc.integer({min: 4, max: 40}), (text, cells) => {
				expect(width(tail(text, cells))).toBeLessThanOrEqual(cells);
			}),
		);
		expect(tail('orders-db/4411', 8)).toBe('…db/4411');
	});
});

describe('a span', () => {
	it('never grows beyond its room', () => {
		fc.assert(
			fc.property(
				fc.array(hostile.map(cleanLine), {maxLength: 8}),
				fc.integer({min: 1, max: 120}),
				theme,
				(texts, cells, paint) => {
					const span = createSpan(cells, paint);
					for (const text of texts) span.put(text, 'warn');
					expect(cellsOf(span.end())).toBe(cells);
				},
			),
		);
	});
});

describe('layout', () => {
	const six = ['a', 'b', 'c', 'd', 'e', 'f'];

	it.each([
		[200, 50, 2, 3],
		[180, 50, 2, 3],
		[179, 50, 3, 2],
		[120, 40, 3, 2],
		[119, 40, 1, 1],
		[80, 24, 1, 1],
		[120, 20, 1, 1],
	])('%ix%i has %i rows of %i panes', (columns, rows, high, wide) => {
		const {grid} = layoutOf({columns, rows}, six, 'b', false);
		expect([grid.length, grid[0]?.cells.length]).toEqual([high, wide]);
	});

	it('uses the whole screen, with one column between two panes', () => {
		const size = fc.record({columns: fc.integer({min: 60, max: 320}), rows: fc.integer({min: 15, max: 120})});
		fc.assert(
			fc.property(size, fc.integer({min: 1, max: 6}), fc.boolean(), (screen, count, zoom) => {
				const {fits, grid, strip, tabs} = layoutOf(screen, six.slice(0, count), 'a', zoom);
				expect(fits).toBe(true);
				expect(grid.reduce((sum, row) => sum + row.height, 0) + strip + 2 + (tabs ? 1 : 0)).toBe(screen.rows);
				for (const row of grid) {
					expect(row.cells.reduce((sum, cell) => sum + cell.width + 1, -1)).toBe(screen.columns);
				}
			}),
		);
	});

	it('does not fit below 60x15', () => {
		expect(layoutOf({columns: 59, rows: 15}, six, 'a', false).fits).toBe(false);
		expect(layoutOf({columns: 60, rows: 14}, six, 'a', false).fits).toBe(false);
	});
});

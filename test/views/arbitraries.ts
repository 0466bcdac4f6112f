import {stripVTControlCharacters} from 'node:util';
import fc from 'fast-check';
import {type Column, defineSection} from '../../src/contract/pane.ts';
import type {Gauge, Row, Severity} from '../../src/contract/row.ts';
import {displayWidth} from '../../src/text/fit.ts';
import {createTheme} from '../../views/theme.ts';

export const themes = [createTheme('colour', false), createTheme('none', false), createTheme('colour', true)] as const;
export const cellsOf = (painted: string) => displayWidth(stripVTControlCharacters(painted));
/** A painted row without colours, and without the spaces at its end. */
export const plainText = (painted: string) => stripVTControlCharacters(painted).trimEnd();

/** What a name, a query or a key may hold: wide, combining, invisible, moving the cursor, turning the direction, broken. */
export const hostileText = fc.oneof(
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
export const anySeverity = fc.constantFrom<Severity>('ok', 'warn', 'crit', 'unknown');

export type ArbitraryRow = Row & {readonly cells: readonly string[]};

export const arbitraryRow = fc.record({
	id: fc.uuid(),
	kind: fc.constant('postgres.session' as const),
	target: hostileText,
	severity: anySeverity,
	why: hostileText,
	cells: fc.array(hostileText, {minLength: 4, maxLength: 4}),
});

export const arbitraryColumns = fc
	.array(
		fc.record({
			width: fc.integer({min: 1, max: 24}),
			grow: fc.boolean(),
			right: fc.boolean(),
			middle: fc.boolean(),
			hideOrder: fc.option(fc.nat(3)),
		}),
		{minLength: 4, maxLength: 4},
	)
	.map(shapes =>
		shapes.map(
			(shape, index): Column<ArbitraryRow> => ({
				header: `COLUMN ${index}`,
				field: `field${index}`,
				width: shape.width,
				...(shape.grow ? {grow: true as const} : {}),
				...(shape.right ? {align: 'right' as const} : {}),
				...(shape.middle ? {cut: 'middle' as const} : {}),
				...(shape.hideOrder === null ? {} : {hideOrder: shape.hideOrder}),
				cell: row => ({text: row.cells[index] ?? '', tone: row.severity}),
			}),
		),
	);

export const sectionOf = (columns: readonly Column<ArbitraryRow>[], weight = 1) =>
	defineSection<ArbitraryRow>({
		kind: 'postgres.session',
		title: 'Rows',
		weight,
		empty: 'nothing here',
		orders: [{title: 'as they come', compare: () => 0}],
		columns,
	});

export const arbitraryGauge = fc.record({
	id: fc.constantFrom('g0', 'g1'),
	label: fc.constantFrom('memory', 'conns'),
	value: fc.option(fc.double({noNaN: true, min: 0, max: 1e13}), {nil: undefined}),
	unit: fc.constantFrom<Gauge['unit']>('count', 'bytes', 'ratio', 'seconds', 'per-second', 'text'),
	limit: fc.double({noNaN: true, min: 0, max: 1e13}),
	text: hostileText,
	severity: anySeverity,
});

export const anyTheme = fc.constantFrom(...themes);

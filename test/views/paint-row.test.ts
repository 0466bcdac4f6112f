import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Column, Section} from '../../src/contract/pane.ts';
import {paintColumnHeader, paintRow, planColumns} from '../../views/table/paint-row.ts';
import {
	type ArbitraryRow,
	anyTheme,
	arbitraryColumns,
	arbitraryRow,
	cellsOf,
	sectionOf,
	themes,
} from './arbitraries.ts';

const look = fc.record({cursor: fc.boolean(), focused: fc.boolean(), marked: fc.boolean(), isStale: fc.boolean()});
describe('a row', () => {
	it('is exactly as wide as its pane, whatever it holds', () => {
		fc.assert(
			fc.property(
				arbitraryRow,
				arbitraryColumns,
				fc.integer({min: 2, max: 200}),
				fc.nat(14),
				look,
				anyTheme,
				(row, columns, cells, names, is, paint) => {
					const plan = planColumns(sectionOf(columns), cells, names);
					expect(cellsOf(paintRow(row, plan, is, 0, paint))).toBe(cells);
					expect(cellsOf(paintColumnHeader(plan, paint))).toBe(cells);
				},
			),
			{numRuns: 300},
		);
	});

	it('drops columns by their priority, and gives the free cells to those that grow', () => {
		const column = (field: string, cells: number, more: Partial<Column<ArbitraryRow>> = {}): Column<ArbitraryRow> => ({
			header: field,
			field,
			width: cells,
			cell: () => '',
			...more,
		});
		const section = sectionOf([
			column('name', 10, {grow: true}),
			column('first', 10, {hideOrder: 1}),
			column('second', 10, {hideOrder: 2}),
		]);
		const shown = (cells: number) =>
			planColumns(section, cells, 0).columns.map(one => `${one.column.field} ${one.width}`);
		expect(shown(40)).toEqual(['name 16', 'first 10', 'second 10']);
		expect(shown(33)).toEqual(['name 20', 'second 10']);
		expect(shown(20)).toEqual(['name 18']);
	});

	it('cuts names in the middle, so that names that differ only at their ends differ on the screen', () => {
		const cut = 'middle';
		const named: Column<ArbitraryRow> = {
			header: 'NAME',
			field: 'name',
			width: 14,
			cut,
			cell: row => row.cells[0] ?? '',
		};
		const shown = (section: Section, name: string, groupPosition?: 'head') => {
			const row: ArbitraryRow = {
				id: name,
				kind: 'postgres.session',
				target: 'orders-replica-2',
				severity: 'ok',
				cells: [name],
			};
			const is = {
				cursor: false,
				focused: false,
				marked: false,
				isStale: false,
				...(groupPosition === undefined ? {} : {groupPosition}),
			};
			return paintRow(row, planColumns(section, 25, 8), is, 0, themes[1]).replace(/\u001b\[[\d;]*m/g, '');
		};
		const section = sectionOf([named]);
		expect(shown(section, 'thumb-wxfgnhqx8w-x2k4p')).toBe('· orde…a-2 thumb-w…-x2k4p');
		expect(shown(section, 'thumb-wxfgnhqx8w-9wq1z')).toBe('· orde…a-2 thumb-w…-9wq1z');
		expect(shown(section, 'short')).toBe('· orde…a-2 short         ');
		expect(shown(section, '漢字漢字漢字漢字終')).toBe('· orde…a-2 漢字漢…漢字終 ');
		const headed = sectionOf([{...named, groupCell: row => row.cells[0] ?? ''}]);
		expect(shown(headed, 'deploy/thumb  rev 41, 7m', 'head')).toBe('· orde…a-2 deploy/thumb …');
	});

	it('highlights the cursor only where the pane has the focus, and shows a mark in its place', () => {
		const plan = planColumns(sectionOf([]), 4, 0);
		const row: ArbitraryRow = {id: 'a', kind: 'postgres.session', target: 'db', severity: 'ok', cells: []};
		const painted = (focused: boolean, marked: boolean) =>
			paintRow(row, plan, {cursor: true, focused, marked, isStale: false}, 0, themes[0]);
		expect(painted(false, false)).toContain('\u001b[2m▸');
		expect(painted(true, false)).toContain('\u001b[7m▸');
		expect(painted(false, true)).toContain('●');
	});
});

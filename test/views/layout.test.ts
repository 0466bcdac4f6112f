import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {layoutScreen} from '../../views/layout.ts';

describe('layout', () => {
	const six = ['a', 'b', 'c', 'd', 'e', 'f'];
	const nine = [...six, 'g', 'h', 'i'];

	it.each([
		[200, 50, 2, 3],
		[180, 50, 2, 3],
		[179, 50, 3, 2],
		[120, 40, 3, 2],
		[119, 40, 1, 1],
		[80, 24, 1, 1],
		[120, 20, 1, 1],
	])('%ix%i has %i rows of %i panes', (columns, rows, high, wide) => {
		const {grid} = layoutScreen({columns, rows}, six, 'b', false);
		expect([grid.length, grid[0]?.cells.length]).toEqual([high, wide]);
	});

	it('fills the screen, with one column between two panes', () => {
		const size = fc.record({columns: fc.integer({min: 60, max: 320}), rows: fc.integer({min: 15, max: 120})});
		fc.assert(
			fc.property(size, fc.integer({min: 1, max: 9}), fc.boolean(), (screen, count, zoom) => {
				const {fits, grid, strip, tabs} = layoutScreen(screen, nine.slice(0, count), 'a', zoom);
				expect(fits).toBe(true);
				expect(grid.reduce((sum, row) => sum + row.height, 0) + strip + 2 + (tabs ? 1 : 0)).toBe(screen.rows);
				for (const row of grid) {
					expect(row.cells.reduce((sum, cell) => sum + cell.width + 1, -1)).toBe(screen.columns);
				}
			}),
		);
	});

	it('does not fit below 60x15', () => {
		expect(layoutScreen({columns: 59, rows: 15}, six, 'a', false).fits).toBe(false);
		expect(layoutScreen({columns: 60, rows: 14}, six, 'a', false).fits).toBe(false);
	});
});

import {displayWidth, fitCells} from './fit.ts';

/**
 * Formats a table as lines: two spaces between columns, each as wide as its widest cell. `right`: indexes of right-aligned columns.
 */
export function formatTable(rows: readonly (readonly string[])[], right: readonly number[] = []): readonly string[] {
	const widths: number[] = [];
	for (const cells of rows)
		for (const [at, cell] of cells.entries()) widths[at] = Math.max(widths[at] ?? 0, displayWidth(cell));
	return rows.map(cells =>
		cells
			.map((cell, at) => {
				const width = widths[at] ?? 0;
				return right.includes(at) ? ' '.repeat(width - displayWidth(cell)) + cell : fitCells(cell, width);
			})
			.join('  ')
			.trimEnd(),
	);
}

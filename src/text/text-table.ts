import {displayWidth, fitCells} from './fit.ts';

/**
 * Lines of a table in a text, two spaces between columns, each as wide as its widest cell. `right`: the columns of figures, by their place.
 */
export function formatTable(rows: readonly (readonly string[])[], right: readonly number[] = []): readonly string[] {
	const widths: number[] = [];
	for (const cells of rows)
		for (const [at, cell] of cells.entries()) widths[at] = Math.max(widths[at] ?? 0, displayWidth(cell));
	return rows.map(cells =>
		cells
			.map((cell, at) => {
				const room = widths[at] ?? 0;
				return right.includes(at) ? ' '.repeat(room - displayWidth(cell)) + cell : fitCells(cell, room);
			})
			.join('  ')
			.trimEnd(),
	);
}

import {fit, width} from './fit.ts';

/**
 * Lines of a table in a text, two spaces between columns, each as wide as its widest cell. `right`: the columns of figures, by their place.
 */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): readonly string[] {
	const widths: number[] = [];
	for (const cells of rows)
		for (const [at, cell] of cells.entries()) widths[at] = Math.max(widths[at] ?? 0, width(cell));
	return rows.map(cells =>
		cells
			.map((cell, at) => {
				const room = widths[at] ?? 0;
				return right.includes(at) ? ' '.repeat(room - width(cell)) + cell : fit(cell, room);
			})
			.join('  ')
			.trimEnd(),
	);
}

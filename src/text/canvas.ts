/** A raster for lines. A cell belongs to the first line drawn through it: draw the most important first. */
export type Canvas = {
	/** Size in cells. */
	readonly columns: number;
	readonly rows: number;
	/** Dots of a cell, across and down. */
	readonly across: number;
	readonly down: number;
	/** Draws a straight line of dots, both ends included, clipped to the canvas. Dots count from the upper left. */
	line(fromX: number, fromY: number, toX: number, toY: number, owner: number): void;
	/** Returns the line that owns a cell; -1 for an empty cell. */
	owner(column: number, row: number): number;
	/** Returns a cell as a braille character; only for a canvas of 2 by 4 dots a cell. */
	braille(column: number, row: number): string;
};

/** Bit of each dot, by row and column: https://www.unicode.org/charts/PDF/U2800.pdf */
const bits = [
	[0x01, 0x08],
	[0x02, 0x10],
	[0x04, 0x20],
	[0x40, 0x80],
] as const;

/** `fine`: 2 by 4 dots a cell, for braille; else one dot a cell. */
export function createCanvas(columns: number, rows: number, fine: boolean): Canvas {
	const [across, down] = fine ? [2, 4] : [1, 1];
	const owners = new Int16Array(columns * rows).fill(-1);
	const masks = new Uint8Array(columns * rows);
	function dot(x: number, y: number, owner: number): void {
		const column = Math.floor(x / across);
		const row = Math.floor(y / down);
		if (column < 0 || column >= columns || row < 0 || row >= rows) return;
		const cell = row * columns + column;
		if (owners[cell] === -1) owners[cell] = owner;
		masks[cell] = (masks[cell] ?? 0) | (bits[y % down]?.[x % across === 1 ? 1 : 0] ?? 0);
	}
	return {
		columns,
		rows,
		across,
		down,
		line(fromX, fromY, toX, toY, owner) {
			const steps = Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY));
			if (steps === 0) dot(fromX, fromY, owner);
			for (let step = 0; step <= steps && steps > 0; step += 1) {
				const share = step / steps;
				dot(Math.round(fromX + (toX - fromX) * share), Math.round(fromY + (toY - fromY) * share), owner);
			}
		},
		owner: (column, row) => owners[row * columns + column] ?? -1,
		braille: (column, row) => String.fromCharCode(0x2800 + (masks[row * columns + column] ?? 0)),
	};
}

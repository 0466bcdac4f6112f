/** Draws a bar of `cells`, filled to `share` (0 to 1) in eighths of a cell: `██████▍░░░`. */
export function drawBar(share: number, cells: number): string {
	const eighths = Math.round(Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)) * cells * 8);
	const full = Math.floor(eighths / 8);
	const part = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
	return `${'█'.repeat(full)}${part}${'░'.repeat(Math.max(0, cells - full - (part === '' ? 0 : 1)))}`;
}

/** Draws the last `cells` values as blocks, scaled from zero to their maximum; gaps are blanks. */
export function drawSparkline(values: readonly (number | undefined)[], cells: number): string {
	const shown = values.slice(-cells);
	const top = Math.max(...shown.map(value => value ?? 0), Number.MIN_VALUE);
	const blocks = '▁▂▃▄▅▆▇█';
	const drawn = shown.map(value =>
		value === undefined ? ' ' : (blocks[Math.min(7, Math.floor((Math.max(0, value) / top) * 7.999))] ?? ' '),
	);
	return ' '.repeat(Math.max(0, cells - drawn.length)) + drawn.join('');
}

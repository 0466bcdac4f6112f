import type {SeenCell} from '../test/views/test-terminal.tsx';

type Screen = readonly (readonly SeenCell[])[];

const styleOf = (cell: SeenCell): string =>
	[
		cell.foreground,
		cell.background,
		cell.bold,
		cell.dim,
		cell.italic,
		cell.underline,
		cell.inverse,
		cell.struck,
	].join();

const same = (one: SeenCell | undefined, other: SeenCell | undefined): boolean =>
	one === other ||
	(one !== undefined && other !== undefined && one.text === other.text && styleOf(one) === styleOf(other));

const plain = '-1,-1,false,false,false,false,false,false';

const isBlank = (cell: SeenCell | undefined): boolean => cell?.text === ' ' && styleOf(cell) === plain;

const bytes = (text: string): number => Buffer.byteLength(text);

/** Parameters of one colour, as they are sent. */
function colour(value: number, base: 30 | 40): string {
	if (value < 8) return String(base + value);
	if (value < 16) return String(base + 60 + value - 8);
	if (value < 256) return `${base + 8};5;${value}`;
	return `${base + 8};2;${value >> 16};${(value >> 8) & 255};${value & 255}`;
}

const attributes = ['bold', 'dim', 'italic', 'underline', 'inverse', 'struck'] as const;
const numbers = {bold: 1, dim: 2, italic: 3, underline: 4, inverse: 7, struck: 9} as const;

/** Bytes of the shortest SGR sequence between two styles: by steps, or from a reset. */
function restyle(from: SeenCell | undefined, to: SeenCell | undefined): number {
	const [old, now] = [from === undefined ? plain : styleOf(from), to === undefined ? plain : styleOf(to)];
	if (old === now) return 0;
	if (to === undefined || now === plain) return 3;
	const fresh = [
		...attributes.filter(name => to[name]).map(name => String(numbers[name])),
		...(to.foreground >= 0 ? [colour(to.foreground, 30)] : []),
		...(to.background >= 0 ? [colour(to.background, 40)] : []),
	];
	const was = (name: (typeof attributes)[number]) => from?.[name] ?? false;
	const weightLost = (was('bold') && !to.bold) || (was('dim') && !to.dim);
	const step = [
		...(weightLost ? ['22'] : []),
		...attributes.flatMap(name => {
			if (to[name])
				return was(name) && !(weightLost && (name === 'bold' || name === 'dim')) ? [] : [String(numbers[name])];
			return was(name) && name !== 'bold' && name !== 'dim' ? [String(numbers[name] + 20)] : [];
		}),
		...((from?.foreground ?? -1) === to.foreground ? [] : [to.foreground < 0 ? '39' : colour(to.foreground, 30)]),
		...((from?.background ?? -1) === to.background ? [] : [to.background < 0 ? '49' : colour(to.background, 40)]),
	];
	return 3 + Math.min(['', ...fresh].join(';').length, step.join(';').length);
}

/** Bytes of the shortest move: to the cell itself, or by rows and by columns. */
function move(row: number, column: number, toRow: number, toColumn: number): number {
	if (row === toRow && column === toColumn) return 0;
	const count = (times: number) => (times === 1 ? '' : String(times));
	const cell = bytes(`\u001b[${toRow === 0 ? '' : toRow + 1}${toColumn === 0 ? '' : `;${toColumn + 1}`}H`);
	if (row < 0) return cell;
	const down = toRow - row;
	const rows = [down === 0 ? '' : `\u001b[${count(Math.abs(down))}A`, ...(down > 0 ? ['\n'.repeat(down)] : [])];
	const across = (from: number): readonly string[] => {
		if (from === toColumn) return [''];
		const by = toColumn - from;
		return by > 0 ? [`\u001b[${count(by)}C`] : [`\u001b[${count(-by)}D`, '\b'.repeat(-by)];
	};
	const columns = [...across(column), ...across(0).map(rest => `\r${rest}`), `\u001b[${count(toColumn + 1)}G`];
	const shortest = (ways: readonly string[]) => Math.min(...ways.map(way => way.length));
	return Math.min(
		cell,
		(down === 0 ? 0 : shortest(rows.filter(way => way !== ''))) + (column === toColumn ? 0 : shortest(columns)),
	);
}

/**
 * Bytes that it takes at least to make one screen of another, from top to bottom: the text of the changed cells, and for each the cheapest
 * way to get there (a move, or writing the unchanged cells between again) and the shortest change of style. Blank ends are erased.
 * Computed from what an emulator shows, not from what we know of our own frames.
 */
export function smallestDifference(before: Screen, after: Screen): number {
	let total = 0;
	let [row, column] = [-1, -1];
	let pen: SeenCell | undefined;
	after.forEach((cells, y) => {
		let end = cells.length;
		while (end > 0 && isBlank(cells[end - 1])) end -= 1;
		const changed = cells.flatMap((cell, x) => (cell.text !== '' && !same(cell, before[y]?.[x]) ? [x] : []));
		const erased = changed.filter(x => x >= end);
		const erases = erased.length > 3;
		for (const x of erases ? changed.filter(at => at < end) : changed) {
			const cell = cells[x];
			if (cell === undefined) continue;
			let reach = move(row, column, y, x) + restyle(pen, cell);
			if (row === y && column >= 0 && column < x) {
				let again = 0;
				let under = pen;
				for (const between of cells.slice(column, x)) {
					again += restyle(under, between) + bytes(between.text);
					under = between;
				}
				reach = Math.min(reach, again + restyle(under, cell));
			}
			total += reach + bytes(cell.text);
			[row, column] = [y, x + cell.cells];
			pen = cell;
		}
		if (erases) {
			total += move(row, column, y, end) + restyle(pen, undefined) + 3;
			[row, column] = [y, end];
			pen = undefined;
		}
	});
	return total === 0 ? 0 : total + restyle(pen, undefined);
}

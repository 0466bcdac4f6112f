import type {Column, Section, Tone} from '../../src/contract/pane.ts';
import type {Row} from '../../src/contract/row.ts';
import {cellText, groupCell, rowCell} from '../../src/table/build-view.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {fitCells} from '../../src/text/fit.ts';
import type {Theme} from '../theme.ts';

/** The visible columns of a section at one width, each with its width in cells. */
export type ColumnPlan = {
	readonly width: number;
	/** Cells for the name of the target where several targets are shown; else 0. */
	readonly targetWidth: number;
	readonly columns: readonly {readonly column: Column; readonly width: number}[];
};

const gutter = 2;
const underIndent = '  ';

/** Lays out a section's columns. They are hidden in their declared order until the rest fits; what is left over goes to those that grow. */
export function planColumns(section: Section, width: number, targetWidth: number): ColumnPlan {
	let columns = [...section.columns];
	const needed = () =>
		gutter + (targetWidth > 0 ? targetWidth + 1 : 0) + columns.reduce((sum, column) => sum + column.width + 1, 0) - 1;
	while (needed() > width) {
		const weakest = columns
			.filter(column => column.hideOrder !== undefined)
			.sort((a, b) => (a.hideOrder ?? 0) - (b.hideOrder ?? 0))[0];
		if (weakest === undefined) break;
		columns = columns.filter(column => column !== weakest);
	}
	const growing = columns.filter(column => column.grow === true);
	const spare = width - needed();
	const extraEach = growing.length === 0 ? 0 : Math.floor(spare / growing.length);
	let rest = growing.length === 0 ? 0 : spare - extraEach * growing.length;
	return {
		width,
		targetWidth,
		columns: columns.map(column => {
			if (column.grow !== true) return {column, width: column.width};
			const extra = extraEach + (rest > 0 ? 1 : 0);
			rest = Math.max(0, rest - 1);
			return {column, width: Math.max(1, column.width + extra)};
		}),
	};
}

/** The dim line of column names, exactly `plan.width` wide. */
export function paintColumnHeader(plan: ColumnPlan, theme: Theme): string {
	const cells = plan.columns.map(({column, width}) => fitCells(column.header, width, column.align));
	const target = plan.targetWidth > 0 ? [fitCells('TARGET', plan.targetWidth)] : [];
	return theme.paint(fitCells(`  ${[...target, ...cells].join(' ')}`, plan.width), 'dim');
}

export type RowStyle = {
	/** The cursor is on this row. It is drawn loud when its pane has the focus. */
	readonly cursor: boolean;
	readonly focused: boolean;
	readonly marked: boolean;
	/** The last read failed, or the row was removed: all of the row is dim. */
	readonly isStale: boolean;
	/** A group header, or a row below one, whose name is indented. */
	readonly groupPosition?: 'head' | 'under';
};

/** One row, exactly `plan.width` wide. `now` in epoch milliseconds; ages are in full seconds. */
export function paintRow(row: Row, plan: ColumnPlan, style: RowStyle, now: number, theme: Theme): string {
	const selected = style.cursor && style.focused;
	const pointer = style.cursor ? theme.glyphs.cursor : ' ';
	const signTone: Tone = row.severity === 'ok' ? 'dim' : row.severity;
	let painted = theme.paint(theme.sign(row.severity), signTone, selected);
	const pointerTone: Tone = style.marked ? 'loud' : style.focused ? 'plain' : 'dim';
	painted += theme.paint(style.marked ? theme.glyphs.mark : pointer, pointerTone, selected);
	let used = gutter;
	const put = (text: string, width: number, tone: Tone, {align, cut}: Pick<Column, 'align' | 'cut'> = {}) => {
		const space = Math.min(width, plan.width - used);
		if (space <= 0) return;
		painted += theme.paint(
			fitCells(text, space, align, cut),
			style.isStale && tone !== 'crit' ? 'dim' : tone,
			selected,
		);
		used += space;
	};
	if (plan.targetWidth > 0) {
		put(cleanLine(row.target), plan.targetWidth, 'dim', {cut: 'middle'});
		put(' ', 1, 'plain');
	}
	for (const [index, {column, width}] of plan.columns.entries()) {
		const isHead = style.groupPosition === 'head';
		const cell = (isHead ? groupCell : rowCell)(column, row, now);
		const indent = style.groupPosition === 'under' && column.grow === true ? underIndent : '';
		if (index > 0) put(' ', 1, 'plain');
		const tone = typeof cell === 'string' ? 'plain' : cell.tone;
		put(indent + cleanLine(cellText(cell)), width, tone, isHead ? {} : column);
	}
	if (used < plan.width) painted += theme.paint(' '.repeat(plan.width - used), 'plain', selected);
	return painted;
}

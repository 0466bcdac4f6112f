import type {Column, Section, Tone} from '../../src/contract/pane.ts';
import type {Row} from '../../src/contract/row.ts';
import {cellText, groupCell, rowCell} from '../../src/table/build-view.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {fitCells} from '../../src/text/fit.ts';
import type {Theme} from '../theme.ts';

/** The columns of a section at one width, with what each got. */
export type ColumnPlan = {
	readonly width: number;
	/** Cells for the target's name, when several targets are shown; else 0. */
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
	const each = growing.length === 0 ? 0 : Math.floor(spare / growing.length);
	let rest = growing.length === 0 ? 0 : spare - each * growing.length;
	return {
		width,
		targetWidth,
		columns: columns.map(column => {
			if (column.grow !== true) return {column, width: column.width};
			const extra = each + (rest > 0 ? 1 : 0);
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
	/** The cursor is on it: loud when its pane has the focus. */
	readonly cursor: boolean;
	readonly focused: boolean;
	readonly marked: boolean;
	/** Its source could not be read lately: all of it is dim. */
	readonly isStale: boolean;
	/** It heads others, or it stands under such a one: its name is indented. */
	readonly groupPosition?: 'head' | 'under';
};

/** One row, exactly `plan.width` wide. `now` in epoch milliseconds; ages count whole seconds. */
export function paintRow(row: Row, plan: ColumnPlan, look: RowStyle, now: number, theme: Theme): string {
	const selected = look.cursor && look.focused;
	const pointer = look.cursor ? theme.glyphs.cursor : ' ';
	const signTone: Tone = row.severity === 'ok' ? 'dim' : row.severity;
	let painted = theme.paint(theme.sign(row.severity), signTone, selected);
	const pointerTone: Tone = look.marked ? 'loud' : look.focused ? 'plain' : 'dim';
	painted += theme.paint(look.marked ? theme.glyphs.mark : pointer, pointerTone, selected);
	let used = gutter;
	const put = (text: string, width: number, tone: Tone, {align, cut}: Pick<Column, 'align' | 'cut'> = {}) => {
		const room = Math.min(width, plan.width - used);
		if (room <= 0) return;
		painted += theme.paint(fitCells(text, room, align, cut), look.isStale && tone !== 'crit' ? 'dim' : tone, selected);
		used += room;
	};
	if (plan.targetWidth > 0) {
		put(cleanLine(row.target), plan.targetWidth, 'dim', {cut: 'middle'});
		put(' ', 1, 'plain');
	}
	for (const [index, {column, width}] of plan.columns.entries()) {
		const isHead = look.groupPosition === 'head';
		const cell = (isHead ? groupCell : rowCell)(column, row, now);
		const indent = look.groupPosition === 'under' && column.grow === true ? underIndent : '';
		if (index > 0) put(' ', 1, 'plain');
		const tone = typeof cell === 'string' ? 'plain' : cell.tone;
		put(indent + cleanLine(cellText(cell)), width, tone, isHead ? {} : column);
	}
	if (used < plan.width) painted += theme.paint(' '.repeat(plan.width - used), 'plain', selected);
	return painted;
}

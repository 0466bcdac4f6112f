import type {Section} from '../../src/contract/pane.ts';
import type {Row, RowKind} from '../../src/contract/row.ts';
import type {Theme} from '../theme.ts';
import {type ColumnPlan, paintRow, planColumns, type RowStyle} from './paint-row.ts';

/** What one pane keeps between frames. Owned by the component that draws the pane. */
export type PaneMemory = {
	/** First visible row of each section, so that the rows stand still while the cursor can be seen. */
	readonly offsets: Map<RowKind, number>;
	/** `planColumns`; the same plan as before when nothing changed. */
	planColumns(section: Section, width: number, targetWidth: number): ColumnPlan;
	/** `paintRow`; the same text as before when nothing changed within the second. */
	paintRow(row: Row, plan: ColumnPlan, style: RowStyle, now: number, theme: Theme): string;
};

export function createPaneMemory(offsets: PaneMemory['offsets'] = new Map()): PaneMemory {
	const plans = new Map<RowKind, {readonly section: Section; readonly plan: ColumnPlan}>();
	const rows = new WeakMap<Row, {readonly by: readonly unknown[]; readonly text: string}>();
	return {
		offsets,
		planColumns(section, width, targetWidth) {
			const last = plans.get(section.kind);
			if (last?.section === section && last.plan.width === width && last.plan.targetWidth === targetWidth)
				return last.plan;
			const plan = planColumns(section, width, targetWidth);
			plans.set(section.kind, {section, plan});
			return plan;
		},
		paintRow(row, plan, style, now, theme) {
			const {cursor, focused, marked, isStale, groupPosition} = style;
			const by = [plan, cursor, focused, marked, isStale, groupPosition, Math.floor(now / 1000), theme];
			const last = rows.get(row);
			if (last?.by.every((part, index) => part === by[index])) return last.text;
			const text = paintRow(row, plan, style, now, theme);
			rows.set(row, {by, text});
			return text;
		},
	};
}

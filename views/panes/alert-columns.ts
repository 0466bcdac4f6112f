import type {Cell, Column} from '../../src/contract/pane.ts';
import type {Row} from '../../src/contract/row.ts';
import {dimIfOk} from './cells.ts';

type AlertRow = Row & {readonly subject: string; readonly sentence: string};

/** What an alert is about: its labels, or its sentence when they do not say it. */
export const aboutColumn = <R extends AlertRow>(cell: (row: R, text: string) => Cell): Column<R> => ({
	header: 'ABOUT',
	field: 'about',
	width: 16,
	grow: true,
	cut: 'middle',
	cell: row => cell(row, row.subject || row.sentence),
});

/** The sentence of an alert, in the tone of its severity. */
export const saysColumn: Column<AlertRow> = {
	header: 'SAYS',
	field: 'says',
	width: 18,
	grow: true,
	hideOrder: 2,
	cell: row => ({text: row.sentence, tone: dimIfOk(row)}),
};

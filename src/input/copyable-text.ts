import {sectionKinds} from '../contract/pane.ts';
import {formatFindingAge} from '../findings/merge-findings.ts';
import type {TableRow} from '../table/build-view.ts';
import {cellText, groupCell, rowCell} from '../table/build-view.ts';
import {cleanLine} from '../text/clean.ts';
import type {Deck} from './deck.ts';

/** One row, whole: a line for each column, uncut. */
export function copyableEntry(deck: Deck, entry: TableRow): string {
	const section = deck.focusedView().sections.find(one => sectionKinds(one.section).includes(entry.kind))?.section;
	const cell = section?.kind === entry.kind ? rowCell : groupCell;
	const lines = (section?.columns ?? []).map(
		column => `${column.field}: ${cleanLine(cellText(cell(column, entry.row, deck.now())))}`,
	);
	const why = entry.row.why === undefined ? [] : [`why: ${cleanLine(entry.row.why)}`];
	return [`target: ${entry.row.target}`, ...lines, ...why].join('\n');
}

/** The findings, when there is no row to copy. */
export const copyableSection = (deck: Deck): string =>
	deck
		.findings()
		.map(finding => {
			const age = formatFindingAge(finding, deck.now());
			return cleanLine(`${finding.severity} ${finding.target} ${finding.sentence}${age === '' ? '' : ` (for ${age})`}`);
		})
		.join('\n');

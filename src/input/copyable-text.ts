import {kindsOfSection} from '../contract/pane.ts';
import {findingAge} from '../findings/merge-findings.ts';
import type {Entry} from '../table/build-view.ts';
import {headCell, ownCell, textOf} from '../table/build-view.ts';
import {cleanLine} from '../text/clean.ts';
import type {Deck} from './deck.ts';

/** One row, whole: a line for each column, uncut. */
export function copyableEntry(deck: Deck, entry: Entry): string {
	const section = deck.focused().sections.find(one => kindsOfSection(one.section).includes(entry.kind))?.section;
	const cell = section?.kind === entry.kind ? ownCell : headCell;
	const lines = (section?.columns ?? []).map(
		column => `${column.field}: ${cleanLine(textOf(cell(column, entry.row, deck.now())))}`,
	);
	const why = entry.row.why === undefined ? [] : [`why: ${cleanLine(entry.row.why)}`];
	return [`target: ${entry.row.target}`, ...lines, ...why].join('\n');
}

/** The findings, when there is no row to copy. */
export const copyableSection = (deck: Deck): string =>
	deck
		.findings()
		.map(finding => {
			const age = findingAge(finding, deck.now());
			return cleanLine(`${finding.severity} ${finding.target} ${finding.sentence}${age === '' ? '' : ` (for ${age})`}`);
		})
		.join('\n');

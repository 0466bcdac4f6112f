import {sectionKinds} from '../contract/pane.ts';
import {messageOf} from '../errors.ts';
import {formatFindingAge} from '../findings/merge-findings.ts';
import type {TableRow} from '../table/build-view.ts';
import {cellText, groupCell, rowCell} from '../table/build-view.ts';
import {cleanLine} from '../text/clean.ts';
import type {Deck} from './deck.ts';

/** Copies text to the clipboard and shows where it went. */
export function copyText(deck: Deck, text: string): void {
	deck.options.effects.copy(text).then(
		message => deck.showNotice(message),
		(error: unknown) => deck.showNotice(`not copied: ${messageOf(error)}`, 'warn'),
	);
}

/** A row as text: one line for each column, not cut. */
export function copyableEntry(deck: Deck, entry: TableRow): string {
	const section = deck
		.focusedView()
		.sections.find(view => sectionKinds(view.section).includes(entry.row.kind))?.section;
	const cell = section?.kind === entry.row.kind ? rowCell : groupCell;
	const lines = (section?.columns ?? []).map(
		column => `${column.field}: ${cleanLine(cellText(cell(column, entry.row, deck.now())))}`,
	);
	const why = entry.row.why === undefined ? [] : [`why: ${cleanLine(entry.row.why)}`];
	return [`target: ${entry.row.target}`, ...lines, ...why].join('\n');
}

/** All findings as text, one line for each. */
export const copyableFindings = (deck: Deck): string =>
	deck
		.findings()
		.map(finding => {
			const age = formatFindingAge(finding, deck.now());
			return cleanLine(`${finding.severity} ${finding.target} ${finding.sentence}${age === '' ? '' : ` (for ${age})`}`);
		})
		.join('\n');

import {sectionKinds} from '../contract/pane.ts';
import {messageOf} from '../errors.ts';
import {cursorIndex, type ListName, type Move, moveIndex, paneSession, topLayer} from '../session/session.ts';
import type {SectionView, TableRow} from '../table/build-view.ts';
import {formatThousands} from '../text/format.ts';
import {toggleArmed} from './arm-target-keys.ts';
import {copyableEntry, copyableSection} from './copyable-text.ts';
import type {Deck} from './deck.ts';
import {describeSources} from './describe-sources.ts';
import {helpLines} from './help.ts';
import {type KeyIntent, paneNumber} from './keymap.ts';
import {menuItems} from './menu-items.ts';
import {openBreakGlass} from './open-break-glass.ts';
import {openDocument, showDocument} from './open-document.ts';
import {moveCursorTo, noSelectionReason, runById} from './start-action.ts';

const helpTitle = 'Help';

export const cursorMove = (intent: string): Move => intent.slice(intent.indexOf('.') + 1) as Move;

const sumOf = (sections: readonly SectionView[], of: 'shownCount' | 'total'): number =>
	sections.reduce((sum, section) => sum + section[of], 0);

/** Puts text on the clipboard and says where it went. */
export function copyText(deck: Deck, text: string): void {
	deck.options.effects.copy(text).then(
		told => deck.showNotice(told),
		(error: unknown) => deck.showNotice(`not copied: ${messageOf(error)}`, 'warn'),
	);
}

/** The target of the row under the cursor, else the one that alone is shown. */
export const currentTarget = (deck: Deck): string | undefined =>
	deck.currentRow()?.row.target ?? deck.session.get().target;

/** Where a move begins whose cursor has lost its object: one down or up is the row below or above the gap. */
function startBesideRemoved(deck: Deck, move: Move): number {
	const {pane} = deck.session.get();
	const {cursorLine: place} = paneSession(deck.session.get(), pane);
	return move === 'down' ? place - 1 : place;
}

/** The first row from `to` on, in the direction of the move, that is still in the list; else the nearest one behind it. */
function nearestListed(entries: readonly TableRow[], to: number, move: Move): number {
	const isThere = (entry: TableRow) => !entry.wasRemoved;
	const goesUp = move === 'up' || move === 'last' || move === 'page-up' || move === 'half-up';
	const after = entries.findIndex((entry, index) => index >= to && isThere(entry));
	const before = entries.slice(0, to + 1).findLastIndex(isThere);
	const [first, second] = goesUp ? [before, after] : [after, before];
	return first >= 0 ? first : second >= 0 ? second : to;
}

/** The choice is on the first line, and stays with it. */
function openList(deck: Deck, list: ListName): void {
	const item = menuItems(deck, list)[0]?.id;
	deck.apply({do: 'push', layer: {kind: 'list', list, index: 0, item}});
}

/** Moves the focus to a pane by its number in the list of panes, from 1; says why when that pane has no target. */
function focusPane(deck: Deck, number: number): void {
	const pane = deck.options.allPanes[number - 1];
	if (pane === undefined) return;
	if (deck.options.panes.includes(pane)) deck.apply({do: 'focus', pane: pane.id});
	else
		deck.showNotice(
			`${pane.title}: no ${pane.systems.join(' or ')} target is configured; docs/config.md says how to add one`,
			'warn',
		);
}

/** What the footer and the palette call by name, and what a key on the deck does. */
export function runKeyIntent(deck: Deck, intent: string): void {
	const session = deck.session.get();
	const pane = session.pane;
	const entries = deck.focusedView().entries;
	const at = cursorIndex(paneSession(session, pane), entries);
	const number = paneNumber(intent);
	if (number !== undefined) {
		focusPane(deck, number);
		return;
	}
	switch (intent as KeyIntent) {
		case 'pane.next':
		case 'pane.previous': {
			const {panes} = deck.options;
			const step = intent === 'pane.next' ? 1 : -1;
			const index = panes.findIndex(one => one.id === pane);
			const next = panes[(index + step + panes.length) % panes.length];
			if (next !== undefined) deck.apply({do: 'focus', pane: next.id});
			return;
		}
		case 'deck.break-glass':
			openBreakGlass(deck);
			return;
		case 'pane.zoom':
			deck.apply({do: 'zoom'});
			return;
		case 'row.down':
		case 'row.up':
		case 'row.first':
		case 'row.last':
		case 'row.page-down':
		case 'row.page-up':
			if (entries.length > 0) {
				const move = cursorMove(intent);
				const to = moveIndex(at < 0 ? startBesideRemoved(deck, move) : at, move, entries.length, deck.pageRows(pane));
				moveCursorTo(deck, nearestListed(entries, to, move));
			}
			return;
		case 'row.open': {
			const first = deck.inspections()[0];
			if (first !== undefined) runById(deck, first.declared.id);
			else deck.showNotice(noSelectionReason(deck) ?? 'there is nothing more to read about this row', 'ok');
			return;
		}
		case 'row.mark': {
			const entry = entries[at];
			if (entry !== undefined && !entry.wasRemoved) deck.apply({do: 'mark', key: entry.key});
			else deck.showNotice(noSelectionReason(deck) ?? 'there is no row to mark', 'warn');
			return;
		}
		case 'row.copy': {
			const entry = entries[at];
			if (entry !== undefined) copyText(deck, copyableEntry(deck, entry));
			else copyText(deck, copyableSection(deck));
			return;
		}
		case 'pane.filter': {
			const {filter} = paneSession(session, pane);
			deck.apply({do: 'push', layer: {kind: 'filter', text: filter, before: filter}});
			return;
		}
		case 'pane.order': {
			const kind = entries[at]?.kind ?? deck.focusedView().sections[0]?.section.kind;
			if (kind === undefined) return;
			const section = deck.focusedView().sections.find(one => sectionKinds(one.section).includes(kind))?.section;
			if (section === undefined) return;
			deck.apply({do: 'order', pane, kind: section.kind});
			const index = (paneSession(deck.session.get(), pane).orders[section.kind] ?? 0) % section.orders.length;
			deck.showNotice(`${section.title}: ordered by ${section.orders[index]?.title ?? ''}, what is wrong first`);
			return;
		}
		case 'pane.problems-only': {
			const on = !paneSession(session, pane).problemsOnly;
			deck.apply({do: 'faults', pane, on});
			const {sections} = deck.completeView(pane);
			const [shown, total] = [sumOf(sections, 'shownCount'), sumOf(sections, 'total')];
			const told =
				shown === 0
					? 'nothing is wrong here'
					: `only what is wrong is shown, ${shown} of ${formatThousands(total)} rows`;
			deck.showNotice(
				on ? `${told}; ${deck.options.keymap.keyOf(intent, '')} shows everything again` : 'everything is shown',
			);
			return;
		}
		case 'deck.actions':
			openList(deck, 'actions');
			return;
		case 'deck.findings':
			openList(deck, 'findings');
			return;
		case 'deck.targets':
			openList(deck, 'targets');
			return;
		case 'deck.undo':
			openList(deck, 'undo');
			return;
		case 'deck.audit':
			openList(deck, 'audit');
			deck.options.audit.recent(500).then(
				records => deck.records.set(records),
				(error: unknown) => deck.showNotice(messageOf(error), 'warn'),
			);
			return;
		case 'deck.sources':
			openDocument(deck, 'How this was read', async () => ({
				title: 'How this was read',
				lines: describeSources(deck),
				cliEquivalent: [],
			}));
			return;
		case 'deck.refresh':
			deck.options.watch.refresh();
			deck.showNotice('reading again');
			return;
		case 'deck.palette':
			deck.apply({do: 'push', layer: {kind: 'palette', text: '', index: 0}});
			return;
		case 'deck.arm':
			toggleArmed(deck, currentTarget(deck), 'menu');
			return;
		case 'deck.help': {
			const top = topLayer(session);
			if (top?.kind === 'document' && top.title === helpTitle) return;
			const systems = new Set(deck.options.watch.targets.map(one => one.system));
			const actions = [...systems].flatMap(system => system.actions);
			const inspections = [...systems].flatMap(system => system.inspections);
			showDocument(deck, helpTitle, helpLines(deck.options.keymap, actions, inspections));
			return;
		}
		case 'deck.back':
			if (topLayer(session) !== undefined) deck.apply({do: 'pop'});
			else if (paneSession(session, pane).filter !== '') deck.apply({do: 'filter', pane, text: ''});
			else if (paneSession(session, pane).problemsOnly) deck.apply({do: 'faults', pane, on: false});
			else if (paneSession(session, pane).marks.size > 0) deck.apply({do: 'unmark-all', pane});
			else if (session.target !== undefined) deck.apply({do: 'only-target', target: undefined});
			else if (session.zoom) deck.apply({do: 'zoom'});
			return;
		case 'deck.quit':
			deck.options.effects.quit();
			return;
		case 'deck.suspend':
			deck.options.effects.suspend();
			return;
		case 'deck.redraw':
			deck.options.effects.redraw();
			return;
		default:
	}
}

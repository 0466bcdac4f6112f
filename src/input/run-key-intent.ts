import {sectionKinds} from '../contract/pane.ts';
import {messageOf} from '../errors.ts';
import {cursorIndex, type ListName, paneSession, topLayer} from '../session/session.ts';
import type {SectionView, TableRow} from '../table/build-view.ts';
import {formatThousands} from '../text/format.ts';
import {toggleArmed} from './arm-target-keys.ts';
import {copyableEntry, copyableFindings, copyText} from './copyable-text.ts';
import {moveCursor, moveOf} from './cursor-keys.ts';
import type {Deck} from './deck.ts';
import {describeSources} from './describe-sources.ts';
import {helpLines} from './help.ts';
import {type DeckIntent, type KeyIntent, type PaneIntent, paneNumber} from './keymap.ts';
import {menuItems} from './menu-items.ts';
import {openDocument, showDocument} from './open-document.ts';
import {noSelectionReason, runById} from './start-action.ts';

const helpTitle = 'Help';

/** The target of the row under the cursor, else the only target that is shown. */
export const currentTarget = (deck: Deck): string | undefined =>
	deck.currentRow()?.row.target ?? deck.session.get().target;

/** Runs an intent of the scopes `deck` and `any`: by its key, or by its name from the palette. @throws Error for an intent of another scope */
export function runKeyIntent(deck: Deck, intent: KeyIntent): void {
	const number = paneNumber(intent);
	if (number !== undefined) {
		focusPane(deck, number);
		return;
	}
	const handle = Object.hasOwn(handlers, intent) ? handlers[intent as keyof typeof handlers] : undefined;
	if (handle === undefined) throw new Error(`the key intent ${intent} has no handler on the deck`);
	handle(deck);
}

/** One for each intent: an intent without a handler does not compile. */
const handlers: Readonly<Record<Exclude<DeckIntent, PaneIntent>, (deck: Deck) => void>> = {
	'pane.next': deck => focusNeighbor(deck, 1),
	'pane.previous': deck => focusNeighbor(deck, -1),
	'pane.zoom': deck => deck.apply({do: 'zoom'}),
	'pane.filter': openFilter,
	'pane.problems-only': toggleProblemsOnly,
	'pane.order': applyNextOrder,
	'row.down': deck => moveCursor(deck, moveOf('row.down')),
	'row.up': deck => moveCursor(deck, moveOf('row.up')),
	'row.first': deck => moveCursor(deck, moveOf('row.first')),
	'row.last': deck => moveCursor(deck, moveOf('row.last')),
	'row.page-down': deck => moveCursor(deck, moveOf('row.page-down')),
	'row.page-up': deck => moveCursor(deck, moveOf('row.page-up')),
	'row.open': openRow,
	'row.mark': markRow,
	'row.copy': copyRow,
	'deck.actions': deck => openList(deck, 'actions'),
	'deck.findings': deck => openList(deck, 'findings'),
	'deck.targets': deck => openList(deck, 'targets'),
	'deck.undo': deck => openList(deck, 'undo'),
	'deck.audit': openAudit,
	'deck.sources': openSources,
	'deck.refresh': refresh,
	'deck.palette': deck => deck.apply({do: 'push', layer: {kind: 'palette', text: '', index: 0}}),
	'deck.arm': deck => toggleArmed(deck, currentTarget(deck), 'menu'),
	'deck.break-glass': openBreakGlass,
	'deck.help': openHelp,
	'deck.back': goBack,
	'deck.quit': deck => deck.options.effects.quit(),
	'deck.suspend': deck => deck.options.effects.suspend(),
	'deck.redraw': deck => deck.options.effects.redraw(),
};

/** Moves the focus to a pane by its number in the list of panes, from 1; shows why when that pane has no target. */
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

function focusNeighbor(deck: Deck, step: 1 | -1): void {
	const {panes} = deck.options;
	const index = panes.findIndex(({id}) => id === deck.session.get().pane);
	const next = panes[(index + step + panes.length) % panes.length];
	if (next !== undefined) deck.apply({do: 'focus', pane: next.id});
}

/** The entry under the cursor, also when its row was removed. */
function entryAtCursor(deck: Deck): TableRow | undefined {
	const {entries} = deck.focusedView();
	return entries[cursorIndex(paneSession(deck.session.get(), deck.session.get().pane), entries)];
}

function openRow(deck: Deck): void {
	const [first] = deck.inspections();
	if (first !== undefined) runById(deck, first.declared.id);
	else deck.showNotice(noSelectionReason(deck) ?? 'this row has no inspection', 'ok');
}

function markRow(deck: Deck): void {
	const entry = entryAtCursor(deck);
	if (entry !== undefined && !entry.wasRemoved) deck.apply({do: 'mark', key: entry.key});
	else deck.showNotice(noSelectionReason(deck) ?? 'there is no row to mark', 'warn');
}

/** Copies the row under the cursor, or without one all findings. */
function copyRow(deck: Deck): void {
	const entry = entryAtCursor(deck);
	copyText(deck, entry === undefined ? copyableFindings(deck) : copyableEntry(deck, entry));
}

function openFilter(deck: Deck): void {
	const session = deck.session.get();
	const {filter} = paneSession(session, session.pane);
	deck.apply({do: 'push', layer: {kind: 'filter', text: filter, before: filter}});
}

/** Applies the next order of the section under the cursor. */
function applyNextOrder(deck: Deck): void {
	const {pane} = deck.session.get();
	const {sections} = deck.focusedView();
	const kind = entryAtCursor(deck)?.row.kind ?? sections[0]?.section.kind;
	if (kind === undefined) return;
	const section = sections.find(view => sectionKinds(view.section).includes(kind))?.section;
	if (section === undefined) return;
	deck.apply({do: 'order', pane, kind: section.kind});
	const index = (paneSession(deck.session.get(), pane).orders[section.kind] ?? 0) % section.orders.length;
	deck.showNotice(`${section.title}: problems first, then by ${section.orders[index]?.title ?? ''}`);
}

const sumOf = (sections: readonly SectionView[], count: 'shownCount' | 'total'): number =>
	sections.reduce((sum, section) => sum + section[count], 0);

function toggleProblemsOnly(deck: Deck): void {
	const {pane} = deck.session.get();
	const on = !paneSession(deck.session.get(), pane).problemsOnly;
	deck.apply({do: 'problems-only', pane, on});
	const {sections} = deck.completeView(pane);
	if (!on) {
		deck.showNotice('all rows are shown');
		return;
	}
	const [shown, total] = [sumOf(sections, 'shownCount'), sumOf(sections, 'total')];
	const text =
		shown === 0 ? 'nothing is wrong here' : `only problems are shown, ${shown} of ${formatThousands(total)} rows`;
	deck.showNotice(`${text}; ${deck.options.keymap.keyOf('pane.problems-only')} shows all rows again`);
}

/** Opens a list with its first line selected. The selection follows that line when lines are added before it. */
function openList(deck: Deck, list: ListName): void {
	const item = menuItems(deck, list)[0]?.id;
	deck.apply({do: 'push', layer: {kind: 'list', list, index: 0, item}});
}

function openAudit(deck: Deck): void {
	openList(deck, 'audit');
	deck.options.audit.recent(500).then(
		records => deck.records.set(records),
		(error: unknown) => deck.showNotice(messageOf(error), 'warn'),
	);
}

function openSources(deck: Deck): void {
	const title = 'How this was read';
	openDocument(deck, title, async () => ({title, lines: describeSources(deck), cliEquivalent: []}));
}

function refresh(deck: Deck): void {
	deck.options.watch.refresh();
	deck.showNotice('reading again');
}

/** Opens the break-glass form, or shows why it is not needed. */
function openBreakGlass(deck: Deck): void {
	const {copies} = deck.options;
	if (copies === undefined) deck.showNotice('no audit sink is required: break-glass is not needed');
	else if (!copies.breakGlass.isNeeded())
		deck.showNotice('every required sink accepts records: break-glass is not needed');
	else
		deck.apply({
			do: 'push',
			layer: {kind: 'break-glass', values: ['', ''], field: 0, caret: 0, afterEnter: false, problem: undefined},
		});
}

function openHelp(deck: Deck): void {
	const top = topLayer(deck.session.get());
	if (top?.kind === 'document' && top.title === helpTitle) return;
	const systems = new Set(deck.options.watch.targets.map(({system}) => system));
	const actions = [...systems].flatMap(system => system.actions);
	const inspections = [...systems].flatMap(system => system.inspections);
	showDocument(deck, helpTitle, helpLines(deck.options.keymap, actions, inspections));
}

/** Closes the top layer; without one, removes the filter, the marks, the target and the zoom, one with each call. */
function goBack(deck: Deck): void {
	const session = deck.session.get();
	const {pane} = session;
	const {filter, problemsOnly, marks} = paneSession(session, pane);
	if (topLayer(session) !== undefined) deck.apply({do: 'pop'});
	else if (filter !== '') deck.apply({do: 'filter', pane, text: ''});
	else if (problemsOnly) deck.apply({do: 'problems-only', pane, on: false});
	else if (marks.size > 0) deck.apply({do: 'unmark-all', pane});
	else if (session.target !== undefined) deck.apply({do: 'only-target', target: undefined});
	else if (session.zoom) deck.apply({do: 'zoom'});
}

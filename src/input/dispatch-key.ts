import type {KeyPress} from '../session/key-then-enter.ts';
import {type Layer, moveIndex, paneSession, topLayer} from '../session/session.ts';
import {cleanLine, cleanTyped} from '../text/clean.ts';
import {handleApproveKey} from './approve-program-keys.ts';
import {handleArmKey, toggleArmed} from './arm-target-keys.ts';
import {handleBreakGlassKey} from './break-glass-keys.ts';
import {handleConfirmKey, scrollConfirmation} from './confirm-keys.ts';
import {copyText} from './copyable-text.ts';
import {moveOf} from './cursor-keys.ts';
import type {Deck} from './deck.ts';
import {handleDocumentKey} from './document-keys.ts';
import {handleFieldKey, pasteIntoField} from './field-keys.ts';
import type {KeyIntent, Scope} from './keymap.ts';
import {menuItems, selectedIndex} from './menu-items.ts';
import {currentTarget, runKeyIntent} from './run-key-intent.ts';
import {loginToTarget, noSelectionReason, pinCursor, runById} from './start-action.ts';

/** The longest text that may be pasted, in characters. A field is one line, so a longer text was not meant for it. */
const maxPasteLength = 1000;

/** Lines of a page in a list: half of the smallest usable screen. */
const listPageLines = 10;

function scopeOf(layer: Layer | undefined): Scope {
	switch (layer?.kind) {
		case undefined:
			return 'deck';
		case 'list':
			return 'list';
		case 'document':
			return 'document';
		case 'confirm':
		case 'approve':
		case 'arm':
		case 'quit':
			return 'confirm';
		default:
			return 'field';
	}
}

/** Shown for a key that needs a separate read: several keys come in one read from a paste or a slow link. */
const notAloneMessage = 'not taken: the key came together with others in one read';

function handleListKey(deck: Deck, layer: Extract<Layer, {kind: 'list'}>, intent: KeyIntent, alone: boolean): void {
	const items = menuItems(deck, layer.list);
	const index = selectedIndex(items, layer);
	const item = items[index];
	switch (intent) {
		case 'list.choose':
			if (item === undefined) return;
			if (item.disabled === undefined) item.choose();
			else deck.showNotice(`${item.text}: ${item.disabled}`, 'warn');
			return;
		case 'list.resolve':
			if (alone) item?.resolve?.();
			else deck.showNotice(notAloneMessage, 'warn');
			return;
		case 'list.arm':
			if (alone) toggleArmed(deck, item?.target, 'key');
			else deck.showNotice(notAloneMessage, 'warn');
			return;
		case 'list.login':
			void loginToTarget(deck, item?.target);
			return;
		case 'list.copy':
			if (item !== undefined) copyText(deck, cleanLine(`${item.left} ${item.text} ${item.right}`).trim());
			return;
		default:
			if (items.length > 0) {
				const to = moveIndex(index, moveOf(intent), items.length, listPageLines);
				deck.apply({do: 'top', layer: {...layer, index: to, item: items[to]?.id}});
			}
	}
}

/**
 * Handles one key from the decoder. `text` is what it types into a field; absent for keys that type nothing. Only a key that was `alone` in its
 * read answers a question.
 *
 * On a slow link Esc and the next key arrive as one, which is also how terminals send Alt. Unless that Alt key is bound, they are handled as two keys.
 */
export function dispatchKey(deck: Deck, key: string, text?: string, alone = false): void {
	const [, character] = /^alt\+(.)$/su.exec(key) ?? [];
	if (character === undefined || deck.options.keymap.isTaken(key)) {
		handleKey(deck, {key, text, alone});
		return;
	}
	handleKey(deck, {key: 'esc', text: undefined, alone: false});
	handleKey(deck, {key: character, text: character, alone: false});
}

/** Returns what a key means now, for the debug log; undefined for a character that is typed into a field or a confirmation. */
export function describeKey(
	deck: Deck,
	key: string,
	text: string | undefined,
): {readonly scope: Scope; readonly key: string; readonly intent: KeyIntent | undefined} | undefined {
	const scope = scopeOf(topLayer(deck.session.get()));
	if (text !== undefined && (scope === 'field' || scope === 'confirm')) return undefined;
	const {keymap} = deck.options;
	return {scope, key, intent: keymap.intent(scope, key) ?? keymap.intent('any', key)};
}

/** Whether a key selects a row. */
const movesCursor = (intent: KeyIntent | undefined): boolean =>
	intent !== undefined && /^row\.(?:down|up|first|last|page-down|page-up)$/.test(intent);

function handleKey(deck: Deck, pressed: KeyPress): void {
	const places =
		topLayer(deck.session.get()) === undefined && movesCursor(deck.options.keymap.intent('deck', pressed.key));
	handleInScope(deck, pressed);
	// The key may have changed which rows are shown: from here on the cursor is bound to an object, not to a line.
	if (topLayer(deck.session.get()) !== undefined) return;
	pinCursor(deck);
	deck.keyHandled({places});
}

function handleInScope(deck: Deck, pressed: KeyPress): void {
	const {key, text, alone} = pressed;
	deck.holdRows();
	const session = deck.session.get();
	const layer = topLayer(session);
	const {keymap} = deck.options;
	const scope = scopeOf(layer);
	const types = text !== undefined && (scope === 'field' || layer?.kind === 'confirm');
	if (session.notice !== undefined && !(types && session.notice.end === true))
		deck.apply({do: 'notice', notice: undefined});
	if (key === 'ctrl+c') {
		deck.options.effects.quit();
		return;
	}
	// These neither type text nor answer a question, so they work everywhere.
	const anywhere = keymap.intent('any', key);
	if (text === undefined && (anywhere === 'deck.suspend' || anywhere === 'deck.redraw')) {
		runKeyIntent(deck, anywhere);
		return;
	}
	if (layer?.kind === 'confirm') {
		handleConfirmKey(deck, layer, pressed);
		return;
	}
	if (layer?.kind === 'arm') {
		handleArmKey(deck, layer, pressed);
		return;
	}
	if (layer?.kind === 'approve') {
		handleApproveKey(deck, layer, pressed);
		return;
	}
	if (layer?.kind === 'break-glass') {
		handleBreakGlassKey(deck, layer, pressed);
		return;
	}
	if (layer?.kind === 'quit') {
		if (key === 'y' || key === 'q') deck.options.effects.quit();
		else deck.apply({do: 'pop'});
		return;
	}
	if (scope === 'field' && layer !== undefined) {
		handleFieldKey(deck, layer, keymap.intent('field', key), text);
		return;
	}
	const intent = keymap.intent(scope, key);
	const option =
		layer?.kind === 'document' ? layer.documentOptions?.find(candidate => candidate.key === key) : undefined;
	if (option !== undefined) {
		option.turn();
		return;
	}
	if (scope === 'deck') {
		pinCursor(deck);
		if (intent !== undefined) {
			if (intent === 'deck.back' && key !== 'esc' && isAtTop(deck)) deck.apply({do: 'push', layer: {kind: 'quit'}});
			else if (intent === 'deck.arm' && !alone) deck.showNotice(notAloneMessage, 'warn');
			else if (intent === 'deck.arm') toggleArmed(deck, currentTarget(deck), 'key');
			else runKeyIntent(deck, intent);
			return;
		}
		runDeclaredKey(deck, key);
		return;
	}
	if (intent === undefined) return;
	if (intent.startsWith('deck.')) runKeyIntent(deck, intent);
	else if (layer?.kind === 'list') handleListKey(deck, layer, intent, alone);
	else if (layer?.kind === 'document') handleDocumentKey(deck, layer, intent);
}

/** Esc has nothing left to undo on the deck. */
const isAtTop = (deck: Deck): boolean => {
	const session = deck.session.get();
	const {filter, problemsOnly, marks} = paneSession(session, session.pane);
	return filter === '' && !problemsOnly && marks.size === 0 && session.target === undefined && !session.zoom;
};

const hasMarks = (deck: Deck): boolean => {
	const session = deck.session.get();
	return paneSession(session, session.pane).marks.size > 0;
};

/** Handles a key without a binding: an inspection or an action of the row under the cursor. */
function runDeclaredKey(deck: Deck, key: string): void {
	const entry = deck.currentRow();
	const {keymap} = deck.options;
	if (entry === undefined && !hasMarks(deck)) {
		const isDeclared = /^[A-Z]$/.test(key);
		const reason = noSelectionReason(deck);
		if (isDeclared || reason !== undefined) deck.showNotice(reason ?? 'no row is selected', 'warn');
		return;
	}
	const inspection =
		entry &&
		keymap.findDeclared(
			deck.inspections().map(({declared}) => declared),
			entry.row.kind,
			key,
		);
	const action = deck
		.actions()
		.map(({declared}) => keymap.findDeclared([declared], declared.kind, key))
		.find(declared => declared !== undefined);
	if (inspection !== undefined) runById(deck, inspection.id);
	else if (action !== undefined) {
		// Marks name their rows. Without marks the row under the cursor is meant, and it must be the one that the user saw.
		if (hasMarks(deck) || deck.isCursorStable()) runById(deck, action.id);
		else
			deck.showNotice(
				`${key} was ignored: the row under the cursor has just changed; check it, then press ${key} again`,
				'warn',
			);
	} else if (/^[A-Z]$/.test(key))
		deck.showNotice(`${key} does nothing on this row; ${keymap.keyFor('deck.actions')} lists its actions`);
}

/** Handles pasted text. It never confirms and never runs anything: it only fills a field. */
export function handlePaste(deck: Deck, text: string): void {
	deck.holdRows();
	const layer = topLayer(deck.session.get());
	if (
		layer?.kind === 'confirm' ||
		layer?.kind === 'arm' ||
		layer?.kind === 'approve' ||
		layer?.kind === 'break-glass'
	) {
		if ('answering' in layer) deck.apply({do: 'top', layer: {...layer, answering: 'repeated'}});
		deck.showNotice('pasted text is not taken here: type it', 'warn');
	} else if (layer !== undefined && scopeOf(layer) === 'field')
		pasteIntoField(deck, layer, cleanTyped(text).slice(0, maxPasteLength));
	else deck.showNotice('pasted text was ignored: the deck accepts only keys', 'warn');
}

/** Handles the mouse wheel: it scrolls as the arrow keys do, but neither gives nor withdraws an answer. */
export function handleWheel(deck: Deck, direction: 'up' | 'down'): void {
	const layer = topLayer(deck.session.get());
	if (layer === undefined || scopeOf(layer) !== 'confirm') dispatchKey(deck, direction);
	else if (layer.kind === 'confirm')
		deck.apply({do: 'top', layer: scrollConfirmation(deck, layer, direction === 'down' ? 1 : -1)});
}

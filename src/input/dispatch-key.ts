import type {KeyPress} from '../session/key-then-enter.ts';
import {type Layer, moveIndex, paneSession, topLayer} from '../session/session.ts';
import {cleanLine, cleanTyped} from '../text/clean.ts';
import {handleApproveKey} from './approve-program-keys.ts';
import {handleArmKey, toggleArmed} from './arm-target-keys.ts';
import {handleBreakGlassKey} from './break-glass-keys.ts';
import {handleConfirmKey, scrollConfirmation} from './confirm-keys.ts';
import type {Deck} from './deck.ts';
import {handleDocumentKey} from './document-keys.ts';
import {handleFieldKey, pasteIntoField} from './field-keys.ts';
import type {KeyIntent, Scope} from './keymap.ts';
import {menuItems, selectedIndex} from './menu-items.ts';
import {copyText, currentTarget, cursorMove, runKeyIntent} from './run-key-intent.ts';
import {loginToTarget, noSelectionReason, pinCursor, runById} from './start-action.ts';

/** A field is one line: what is longer was not meant for it. */
const longestPaste = 1000;

/** Lines of a list that a page moves by: half of the smallest screen that is usable. */
const overlayPage = 10;

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

/** Said of a key that is pressed once and on purpose, when it came as those of a paste do, or of a slow link. */
const together = 'not taken: the key came together with others in one read';

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
			else deck.showNotice(together, 'warn');
			return;
		case 'list.arm':
			if (alone) toggleArmed(deck, item?.target, 'key');
			else deck.showNotice(together, 'warn');
			return;
		case 'list.login':
			void loginToTarget(deck, item?.target);
			return;
		case 'list.copy':
			if (item !== undefined) copyText(deck, cleanLine(`${item.left} ${item.text} ${item.right}`).trim());
			return;
		default:
			if (items.length > 0) {
				const to = moveIndex(index, cursorMove(intent), items.length, overlayPage);
				deck.apply({do: 'top', layer: {...layer, index: to, item: items[to]?.id}});
			}
	}
}

/**
 * One key, from the decoder to its effect. `text` is what it would type into a field; absent for keys that type nothing. Only a key that
 * came `alone` in its read answers a question.
 *
 * Over a slow line Esc and the key after it arrive as one, which is how terminals send Alt: unless something lies on that, it is both.
 */
export function dispatchKey(deck: Deck, key: string, text?: string, alone = false): void {
	const [, character] = /^alt\+(.)$/su.exec(key) ?? [];
	if (character === undefined || deck.options.keymap.isTaken(key)) {
		pressOne(deck, {key, text, alone});
		return;
	}
	pressOne(deck, {key: 'esc', text: undefined, alone: false});
	pressOne(deck, {key: character, text: character, alone: false});
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

/** Whether a key puts the cursor on a row that the person chose. */
const movesCursor = (intent: KeyIntent | undefined): boolean =>
	intent !== undefined && /^row\.(?:down|up|first|last|page-down|page-up)$/.test(intent);

function pressOne(deck: Deck, pressed: KeyPress): void {
	const places =
		topLayer(deck.session.get()) === undefined && movesCursor(deck.options.keymap.intent('deck', pressed.key));
	handle(deck, pressed);
	// A key may have changed which rows are shown: the cursor is on an object from here on, not on a line.
	if (topLayer(deck.session.get()) !== undefined) return;
	pinCursor(deck);
	deck.keyHandled({places});
}

function handle(deck: Deck, pressed: KeyPress): void {
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
	// Neither types anything nor answers a question, so they mean the same everywhere.
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
	const dial = layer?.kind === 'document' ? layer.documentOptions?.find(one => one.key === key) : undefined;
	if (dial !== undefined) {
		dial.turn();
		return;
	}
	if (scope === 'deck') {
		pinCursor(deck);
		if (intent !== undefined) {
			if (intent === 'deck.back' && key !== 'esc' && atTop(deck)) deck.apply({do: 'push', layer: {kind: 'quit'}});
			else if (intent === 'deck.arm' && !alone) deck.showNotice(together, 'warn');
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

const atTop = (deck: Deck): boolean => {
	const session = deck.session.get();
	const {filter, problemsOnly: faults, marks} = paneSession(session, session.pane);
	return filter === '' && !faults && marks.size === 0 && session.target === undefined && !session.zoom;
};

const hasMarks = (deck: Deck): boolean => {
	const session = deck.session.get();
	return paneSession(session, session.pane).marks.size > 0;
};

/** A letter that is no fixed key: an inspection or an action of the row under the cursor. */
function runDeclaredKey(deck: Deck, key: string): void {
	const entry = deck.currentRow();
	const {keymap} = deck.options;
	if (entry === undefined && !hasMarks(deck)) {
		const isDeclared = /^[A-Z]$/.test(key);
		const why = noSelectionReason(deck);
		if (isDeclared || why !== undefined)
			deck.showNotice(why ?? 'no row is selected, so there is nothing to act on', 'warn');
		return;
	}
	const inspection =
		entry &&
		keymap.findDeclared(
			deck.inspections().map(offer => offer.declared),
			entry.kind,
			key,
		);
	const action = deck
		.actions()
		.map(({declared: of}) => keymap.findDeclared([of], of.kind, key))
		.find(of => of !== undefined);
	if (inspection !== undefined) runById(deck, inspection.id);
	else if (action !== undefined) {
		// Marks name their rows; without any the row under the cursor is meant, and it must be the one that was looked at.
		if (hasMarks(deck) || deck.isCursorStable()) runById(deck, action.id);
		else
			deck.showNotice(
				`${key} was not taken: the row under the cursor changed just now; look at it, then press ${key} again`,
				'warn',
			);
	} else if (/^[A-Z]$/.test(key))
		deck.showNotice(`${key} does nothing on this row; ${keymap.keyFor('deck.actions')} lists what can be done`);
}

/** Text that came as a paste. It never confirms anything and never acts: it only fills a field that is being typed into. */
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
		pasteIntoField(deck, layer, cleanTyped(text).slice(0, longestPaste));
	else deck.showNotice('pasted text was dropped: the deck takes keys only', 'warn');
}

/** The wheel moves what is read, as the arrows do. It is no key: it answers nothing, and takes no answer back. */
export function handleWheel(deck: Deck, direction: 'up' | 'down'): void {
	const layer = topLayer(deck.session.get());
	if (layer === undefined || scopeOf(layer) !== 'confirm') dispatchKey(deck, direction);
	else if (layer.kind === 'confirm')
		deck.apply({do: 'top', layer: scrollConfirmation(deck, layer, direction === 'down' ? 1 : -1)});
}

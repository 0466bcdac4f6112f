import type {Pressed} from '../session/key-then-enter.ts';
import {type Layer, moved, paneSession, topLayer} from '../session/session.ts';
import {cleanLine, cleanTyped} from '../text/clean.ts';
import {pressApprove} from './approve-program-keys.ts';
import {pressArm, toggleArmed} from './arm-target-keys.ts';
import {pressBreakGlass} from './break-glass-keys.ts';
import {pressConfirm, scrolledBy} from './confirm-keys.ts';
import type {Deck} from './deck.ts';
import {pressDocument} from './document-keys.ts';
import {pasteField, pressField} from './field-keys.ts';
import type {Intent, Scope} from './keymap.ts';
import {chosenIndex, menuItems} from './menu-items.ts';
import {copyText, moveOf, runIntent, targetInSight} from './run-key-intent.ts';
import {login, noRowText, perform, pinCursor} from './start-action.ts';

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

function pressList(deck: Deck, layer: Extract<Layer, {kind: 'list'}>, intent: Intent, alone: boolean): void {
	const items = menuItems(deck, layer.list);
	const index = chosenIndex(items, layer);
	const item = items[index];
	switch (intent) {
		case 'list.choose':
			if (item === undefined) return;
			if (item.disabled === undefined) item.choose();
			else deck.say(`${item.text}: ${item.disabled}`, 'warn');
			return;
		case 'list.settle':
			if (alone) item?.settle?.();
			else deck.say(together, 'warn');
			return;
		case 'list.arm':
			if (alone) toggleArmed(deck, item?.target, 'key');
			else deck.say(together, 'warn');
			return;
		case 'list.login':
			void login(deck, item?.target);
			return;
		case 'list.copy':
			if (item !== undefined) copyText(deck, cleanLine(`${item.left} ${item.text} ${item.right}`).trim());
			return;
		default:
			if (items.length > 0) {
				const to = moved(index, moveOf(intent), items.length, overlayPage);
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
export function press(deck: Deck, key: string, text?: string, alone = false): void {
	const [, character] = /^alt\+(.)$/su.exec(key) ?? [];
	if (character === undefined || deck.options.keymap.isTaken(key)) {
		pressOne(deck, {key, text, alone});
		return;
	}
	pressOne(deck, {key: 'esc', text: undefined, alone: false});
	pressOne(deck, {key: character, text: character, alone: false});
}

/** Whether a key puts the cursor on a row that the person chose. */
const isPlacing = (intent: Intent | undefined): boolean =>
	intent !== undefined && /^row\.(?:down|up|first|last|page-down|page-up)$/.test(intent);

function pressOne(deck: Deck, pressed: Pressed): void {
	const places =
		topLayer(deck.session.get()) === undefined && isPlacing(deck.options.keymap.intent('deck', pressed.key));
	handle(deck, pressed);
	// A key may have changed which rows are shown: the cursor is on an object from here on, not on a line.
	if (topLayer(deck.session.get()) !== undefined) return;
	pinCursor(deck);
	deck.keyHandled({places});
}

function handle(deck: Deck, pressed: Pressed): void {
	const {key, text, alone} = pressed;
	deck.touched();
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
		runIntent(deck, anywhere);
		return;
	}
	if (layer?.kind === 'confirm') {
		pressConfirm(deck, layer, pressed);
		return;
	}
	if (layer?.kind === 'arm') {
		pressArm(deck, layer, pressed);
		return;
	}
	if (layer?.kind === 'approve') {
		pressApprove(deck, layer, pressed);
		return;
	}
	if (layer?.kind === 'break-glass') {
		pressBreakGlass(deck, layer, pressed);
		return;
	}
	if (layer?.kind === 'quit') {
		if (key === 'y' || key === 'q') deck.options.effects.quit();
		else deck.apply({do: 'pop'});
		return;
	}
	if (scope === 'field' && layer !== undefined) {
		pressField(deck, layer, keymap.intent('field', key), text);
		return;
	}
	const intent = keymap.intent(scope, key);
	const dial = layer?.kind === 'document' ? layer.dials?.find(one => one.key === key) : undefined;
	if (dial !== undefined) {
		dial.turn();
		return;
	}
	if (scope === 'deck') {
		pinCursor(deck);
		if (intent !== undefined) {
			if (intent === 'deck.back' && key !== 'esc' && atTop(deck)) deck.apply({do: 'push', layer: {kind: 'quit'}});
			else if (intent === 'deck.arm' && !alone) deck.say(together, 'warn');
			else if (intent === 'deck.arm') toggleArmed(deck, targetInSight(deck), 'key');
			else runIntent(deck, intent);
			return;
		}
		pressDeclared(deck, key);
		return;
	}
	if (intent === undefined) return;
	if (intent.startsWith('deck.')) runIntent(deck, intent);
	else if (layer?.kind === 'list') pressList(deck, layer, intent, alone);
	else if (layer?.kind === 'document') pressDocument(deck, layer, intent);
}

const atTop = (deck: Deck): boolean => {
	const session = deck.session.get();
	const {filter, faults, marks} = paneSession(session, session.pane);
	return filter === '' && !faults && marks.size === 0 && session.target === undefined && !session.zoom;
};

const hasMarks = (deck: Deck): boolean => {
	const session = deck.session.get();
	return paneSession(session, session.pane).marks.size > 0;
};

/** A letter that is no fixed key: an inspection or an action of the row under the cursor. */
function pressDeclared(deck: Deck, key: string): void {
	const entry = deck.current();
	const {keymap} = deck.options;
	if (entry === undefined && !hasMarks(deck)) {
		const isDeclared = /^[A-Z]$/.test(key);
		const why = noRowText(deck);
		if (isDeclared || why !== undefined) deck.say(why ?? 'no row is selected, so there is nothing to act on', 'warn');
		return;
	}
	const inspection =
		entry &&
		keymap.declared(
			deck.inspections().map(offer => offer.of),
			entry.kind,
			key,
		);
	const action = deck
		.actions()
		.map(({of}) => keymap.declared([of], of.kind, key))
		.find(of => of !== undefined);
	if (inspection !== undefined) perform(deck, inspection.id);
	else if (action !== undefined) {
		// Marks name their rows; without any the row under the cursor is meant, and it must be the one that was looked at.
		if (hasMarks(deck) || deck.isSteady()) perform(deck, action.id);
		else
			deck.say(
				`${key} was not taken: the row under the cursor changed just now; look at it, then press ${key} again`,
				'warn',
			);
	} else if (/^[A-Z]$/.test(key))
		deck.say(`${key} does nothing on this row; ${keymap.keyFor('deck.actions')} lists what can be done`);
}

/** Text that came as a paste. It never confirms anything and never acts: it only fills a field that is being typed into. */
export function paste(deck: Deck, text: string): void {
	deck.touched();
	const layer = topLayer(deck.session.get());
	if (
		layer?.kind === 'confirm' ||
		layer?.kind === 'arm' ||
		layer?.kind === 'approve' ||
		layer?.kind === 'break-glass'
	) {
		if ('answering' in layer) deck.apply({do: 'top', layer: {...layer, answering: 'repeated'}});
		deck.say('pasted text is not taken here: type it', 'warn');
	} else if (layer !== undefined && scopeOf(layer) === 'field')
		pasteField(deck, layer, cleanTyped(text).slice(0, longestPaste));
	else deck.say('pasted text was dropped: the deck takes keys only', 'warn');
}

/** The wheel moves what is read, as the arrows do. It is no key: it answers nothing, and takes no answer back. */
export function wheel(deck: Deck, direction: 'up' | 'down'): void {
	const layer = topLayer(deck.session.get());
	if (layer === undefined || scopeOf(layer) !== 'confirm') press(deck, direction);
	else if (layer.kind === 'confirm')
		deck.apply({do: 'top', layer: scrolledBy(deck, layer, direction === 'down' ? 1 : -1)});
}

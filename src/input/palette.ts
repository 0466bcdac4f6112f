import {appliesToKind} from '../contract/define.ts';
import {sectionKinds} from '../contract/pane.ts';
import type {Deck} from './deck.ts';
import {type KeyIntent, paneNumber} from './keymap.ts';
import {availableItems, type MenuItem} from './menu-items.ts';

/** The rank of a text for a query, lower is better: matches at the start of the text or of a word first. Undefined when a word is missing. */
function score(text: string, query: string): number | undefined {
	const searched = text.toLowerCase();
	// Users of vim type q: it means quit, not any name with that letter.
	if (/^q(a|all)?!?$/.test(query.trim())) return searched.startsWith('quit') ? 0 : undefined;
	let total = 0;
	for (const word of query
		.toLowerCase()
		.split(/\s+/)
		.filter(part => part !== '')) {
		const at = searched.indexOf(word);
		if (at < 0) return undefined;
		total += at + (at === 0 || searched[at - 1] === ' ' ? 0 : 20);
	}
	return total;
}

/** Intents that need no name in the palette. */
const unlistedIntents: ReadonlySet<string> = new Set([
	'pane.next',
	'pane.previous',
	'row.down',
	'row.up',
	'row.first',
	'row.last',
	'row.page-down',
	'row.page-up',
	'deck.palette',
	'deck.back',
]);

/** The intents of the deck. `run` runs one. */
function fixedItems(deck: Deck, run: (intent: KeyIntent) => void): readonly MenuItem[] {
	const {keymap} = deck.options;
	const noRow = deck.currentRow() === undefined ? 'no row is selected' : undefined;
	const isNeeded = deck.options.copies?.breakGlass.isNeeded() === true;
	const notNeeded = isNeeded ? undefined : 'every required audit sink accepts records';
	return keymap.bindings
		.filter(({scope}) => scope === 'deck' || scope === 'any')
		.filter(({intent}) => !unlistedIntents.has(intent) && paneNumber(intent) === undefined)
		.map(({intent, keys, title}) => ({
			id: intent,
			left: keys[0] ?? '',
			text: title,
			right: '',
			disabled: intent.startsWith('row.') ? noRow : intent === 'deck.break-glass' ? notNeeded : undefined,
			choose: () => run(intent),
		}));
}

/**
 * The actions and inspections of other kinds of rows. Choosing one moves to the first row of that kind, where the user selects one.
 */
function otherKindItems(deck: Deck, here: ReadonlySet<string>): readonly MenuItem[] {
	const {panes, allPanes, watch, keymap} = deck.options;
	const systems = new Set(watch.targets.map(({system}) => system));
	const declared = [...systems].flatMap(system => [...system.actions, ...system.inspections]);
	return declared.flatMap((of): readonly MenuItem[] => {
		const holds = (kind: string) => appliesToKind(of, kind);
		const pane = panes.find(({sections}) => sections.some(section => sectionKinds(section).some(holds)));
		if (here.has(of.id) || pane === undefined) return [];
		const key = keymap.keyOf(of.id, of.key);
		const {entries, sections} = deck.view(pane.id);
		const index = entries.findIndex(entry => holds(entry.row.kind));
		// Costly sources are not read before their pane is on the screen.
		const isRead = sections.some(section =>
			section.readings.some(({kind, snapshot}) => holds(kind) && snapshot !== undefined),
		);
		return [
			{
				id: of.id,
				left: key,
				text: of.title,
				right: `in ${allPanes.indexOf(pane) + 1} ${pane.title}`,
				disabled: index < 0 && isRead ? 'no such row is shown there' : undefined,
				choose: () => {
					deck.apply({do: 'focus', pane: pane.id});
					if (index >= 0) deck.apply({do: 'cursor', pane: pane.id, index, entries});
					const how = key === '' ? `open this list again with ${keymap.keyFor('deck.palette')}` : `press ${key}`;
					deck.showNotice(`${of.title}: select a row, then ${how}`);
				},
			},
		];
	});
}

function targetItems(deck: Deck): readonly MenuItem[] {
	const only = deck.session.get().target;
	const item = (target: string | undefined, text: string, right: string): MenuItem => ({
		id: `target ${target ?? ''}`,
		left: '',
		text,
		right,
		choose: () => deck.apply({do: 'only-target', target}),
	});
	const all = only === undefined ? [] : [item(undefined, 'Show all systems again', '')];
	return [
		...all,
		...deck.options.watch.targets.map(({target}) => item(target.name, `Show only ${target.name}`, target.kind)),
	];
}

/** Ranks commands of other rows behind those of the row under the cursor. */
const otherKindPenalty = 10;

/** All commands that match the query, best match first. `run` runs an intent of the deck. */
export function paletteItems(deck: Deck, query: string, run: (intent: KeyIntent) => void): readonly MenuItem[] {
	const panes = deck.options.panes.map(pane => ({
		id: `pane ${pane.id}`,
		left: deck.options.keymap.keyOf(`pane.${deck.options.allPanes.indexOf(pane) + 1}`),
		text: `Go to ${pane.title}`,
		right: '',
		choose: () => deck.apply({do: 'focus', pane: pane.id}),
	}));
	const available = availableItems(deck);
	const near: readonly MenuItem[] = [...panes, ...available, ...fixedItems(deck, run), ...targetItems(deck)];
	const far = otherKindItems(deck, new Set(available.map(({id}) => id)));
	return [...near.map(item => ({item, extra: 0})), ...far.map(item => ({item, extra: otherKindPenalty}))]
		.flatMap(({item, extra}) => {
			const rank = score(`${item.text} ${item.right} ${item.id}`, query);
			return rank === undefined ? [] : [{item, rank: rank + extra}];
		})
		.sort((a, b) => a.rank - b.rank)
		.map(({item}) => item);
}

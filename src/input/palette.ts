import {appliesToKind} from '../contract/define.ts';
import {sectionKinds} from '../contract/pane.ts';
import type {Deck} from './deck.ts';
import {paneNumber} from './keymap.ts';
import {availableItems, type MenuItem} from './menu-items.ts';

/** How well a text answers a question: all words must be in it, earlier and whole words are better. Undefined when one is missing. */
function score(text: string, question: string): number | undefined {
	const where = text.toLowerCase();
	// Hands from other consoles type q: it is the whole word they mean, not any letter in a name.
	if (/^q(a|all)?!?$/.test(question.trim())) return where.startsWith('quit') ? 0 : undefined;
	let total = 0;
	for (const word of question
		.toLowerCase()
		.split(/\s+/)
		.filter(part => part !== '')) {
		const at = where.indexOf(word);
		if (at < 0) return undefined;
		total += at + (at === 0 || where[at - 1] === ' ' ? 0 : 20);
	}
	return total;
}

/** What is done by a key that is at hand anyway, or means nothing by its name. */
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

/** The fixed keys of the deck. `run` presses one. */
function fixedItems(deck: Deck, run: (intent: string) => void): readonly MenuItem[] {
	const {keymap} = deck.options;
	const noRow = deck.currentRow() === undefined ? 'no row is selected' : undefined;
	const isNeeded = deck.options.copies?.breakGlass.isNeeded() === true;
	const notNeeded = isNeeded ? undefined : 'every required copy of the audit is taken';
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
 * What can be done with rows of another kind than the one under the cursor, and read of them: choosing it goes to the first such row, since
 * which of them is meant is not known.
 */
function otherKindItems(deck: Deck, here: ReadonlySet<string>): readonly MenuItem[] {
	const {panes, allPanes, watch, keymap} = deck.options;
	const systems = new Set(watch.targets.map(({system}) => system));
	const declared = [...systems].flatMap(system => [...system.actions, ...system.inspections]);
	return declared.flatMap((of): readonly MenuItem[] => {
		const holds = (kind: string) => appliesToKind(of, kind);
		const pane = panes.find(one => one.sections.some(section => sectionKinds(section).some(holds)));
		if (here.has(of.id) || pane === undefined) return [];
		const key = keymap.keyOf(of.id, of.key);
		const {entries, sections} = deck.view(pane.id);
		const index = entries.findIndex(entry => holds(entry.kind));
		// What is costly to read is not read before its pane is on the screen.
		const isRead = sections.some(section =>
			section.readings.some(one => holds(one.kind) && one.snapshot !== undefined),
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
					deck.showNotice(`${of.title}: go to the row that you mean, then press ${key}`);
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

/** What is not about the row under the cursor comes after what is, when both answer alike. */
const otherKindPenalty = 10;

/** Everything that can be called by name, best answer first. `run` presses a fixed intent. */
export function paletteItems(deck: Deck, question: string, run: (intent: string) => void): readonly MenuItem[] {
	const panes = deck.options.panes.map(pane => ({
		id: `pane ${pane.id}`,
		left: deck.options.keymap.keyOf(`pane.${deck.options.allPanes.indexOf(pane) + 1}`, ''),
		text: `Go to ${pane.title}`,
		right: '',
		choose: () => deck.apply({do: 'focus', pane: pane.id}),
	}));
	const offers = availableItems(deck);
	const near: readonly MenuItem[] = [...panes, ...offers, ...fixedItems(deck, run), ...targetItems(deck)];
	const far = otherKindItems(deck, new Set(offers.map(offer => offer.id)));
	return [...near.map(item => ({item, extra: 0})), ...far.map(item => ({item, extra: otherKindPenalty}))]
		.flatMap(({item, extra}) => {
			const rank = score(`${item.text} ${item.right} ${item.id}`, question);
			return rank === undefined ? [] : [{item, rank: rank + extra}];
		})
		.sort((a, b) => a.rank - b.rank)
		.map(one => one.item);
}

import {bindings} from '../keymap.ts';
import type {Deck} from './deck.ts';
import {type MenuItem, offerItems} from './menus.ts';

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

/** Everything that can be called by name, best answer first. `run` presses a fixed intent. */
export function paletteItems(deck: Deck, question: string, run: (intent: string) => void): readonly MenuItem[] {
	const panes = deck.options.panes.map(pane => ({
		id: `pane ${pane.id}`,
		left: String(deck.options.allPanes.indexOf(pane) + 1),
		text: `Go to ${pane.title}`,
		right: '',
		choose: () => deck.apply({do: 'focus', pane: pane.id}),
	}));
	const fixed = bindings
		.filter(
			binding =>
				(binding.scope === 'deck' || binding.scope === 'any') &&
				!binding.intent.startsWith('pane.') &&
				!binding.intent.startsWith('row.'),
		)
		.map(binding => ({
			id: binding.intent,
			left: deck.options.keymap.keyOf(binding.intent, ''),
			text: binding.title,
			right: '',
			choose: () => run(binding.intent),
		}));
	const targets = deck.options.watch.targets.map(({target}) => ({
		id: `target ${target.name}`,
		left: '',
		text: `Show only ${target.name}`,
		right: target.kind,
		choose: () => deck.apply({do: 'only-target', target: target.name}),
	}));
	return [...panes, ...offerItems(deck), ...fixed, ...targets]
		.map(item => ({item, rank: score(`${item.text} ${item.right}`, question)}))
		.filter((one): one is {item: (typeof one)['item']; rank: number} => one.rank !== undefined)
		.sort((a, b) => a.rank - b.rank)
		.map(one => one.item);
}

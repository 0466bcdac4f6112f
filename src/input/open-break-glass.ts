import type {Deck} from './deck.ts';

/** Opens the question, or says why there is nothing to ask. */
export function openBreakGlass(deck: Deck): void {
	const {copies} = deck.options;
	if (copies === undefined) deck.showNotice('no copy of the audit is required: there is nothing to break');
	else if (!copies.glass.isNeeded())
		deck.showNotice('every required copy of the audit is taken: there is nothing to break');
	else
		deck.apply({
			do: 'push',
			layer: {kind: 'break-glass', values: ['', ''], field: 0, caret: 0, afterEnter: false, problem: undefined},
		});
}

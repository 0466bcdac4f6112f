import type {Deck} from './deck.ts';

/** Opens the break-glass form, or shows why it is not needed. */
export function openBreakGlass(deck: Deck): void {
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

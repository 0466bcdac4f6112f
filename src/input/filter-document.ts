import {parseLineFilter} from '../session/line-filter.ts';
import type {TextBuffer} from '../session/text-buffer.ts';
import {loadPatterns} from '../text/pattern.ts';
import {processTimeBudget} from '../time/yield.ts';
import type {Deck} from './deck.ts';

/** Shown by the footer while the filter is typed. */
const tooSlowMessage = 'takes too long on these lines: use a plain text';

/**
 * Shows only the lines that match: the last lines at once, the rest of a long document in time slices.
 * @returns why the filter cannot be applied, or undefined
 */
export function applyFilter(deck: Deck, text: TextBuffer, typed: string): string | undefined {
	const filter = parseLineFilter(typed);
	if ('problem' in filter) return filter.problem;
	if ('waits' in filter) {
		void loadPatterns().then(() => reapplyFilter(deck, text, typed));
		return undefined;
	}
	const {budget = processTimeBudget} = deck.options;
	text.filter(filter.test);
	const filterSlice = () => {
		let hasMoreBlocks = true;
		do hasMoreBlocks = text.filterNextBlock();
		while (hasMoreBlocks && !budget.isOver());
		deck.notifyChanged();
		const isOpen = deck.session.get().layers.some(layer => layer.kind === 'document' && layer.text === text);
		if (hasMoreBlocks && isOpen) budget.afterYield(filterSlice);
	};
	filterSlice();
	return text.isFilterTooSlow() ? tooSlowMessage : undefined;
}

/** Applies a filter that was typed before the pattern engine was loaded, unless another one was typed since. */
function reapplyFilter(deck: Deck, text: TextBuffer, typed: string): void {
	const {layers} = deck.session.get();
	const top = layers.at(-1);
	const isTyped = top?.kind === 'line-filter' && top.text === typed;
	const isSet = layers.some(layer => layer.kind === 'document' && layer.text === text && layer.filter === typed.trim());
	if (!isTyped && !isSet) return;
	const problem = applyFilter(deck, text, typed);
	if (problem === undefined) return;
	if (isTyped) deck.apply({do: 'top', layer: {...top, problem}});
	else deck.showNotice(problem, 'warn');
}

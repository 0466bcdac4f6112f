import type {Effects} from '../../../src/deck/deck.ts';

/** Effects without a terminal: what is copied is kept, and leaving is told. */
export const quietEffects = (copied: string[], quit: () => void): Effects => ({
	copy: async text => {
		copied.push(text);
		return 'copied';
	},
	quit,
	suspend() {},
	lendTerminal: work => work(),
	redraw() {},
	noise: () => [],
});

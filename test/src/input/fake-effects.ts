import type {DeckEffects} from '../../../src/input/deck.ts';

/** A saved file: its name and its lines. */
export type SavedFile = {readonly name: string; readonly lines: readonly string[]};

/** Effects without a terminal. They record copied texts and saved files, and call `quit`. */
export const createFakeEffects = (copied: string[], saved: SavedFile[], quit: () => void): DeckEffects => ({
	copy: async text => {
		copied.push(text);
		return 'copied';
	},
	save: async (name, lines) => {
		saved.push({name, lines});
		return `saved/${name}.txt`;
	},
	quit,
	suspend() {},
	lendTerminal: work => work(),
	redraw() {},
	strayOutput: () => [],
});

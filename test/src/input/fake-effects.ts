import type {DeckEffects} from '../../../src/input/deck.ts';

/** What a person saved, as it would stand in its file. */
export type SavedFile = {readonly name: string; readonly lines: readonly string[]};

/** Effects without a terminal: what is copied and saved is kept, and leaving is told. */
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

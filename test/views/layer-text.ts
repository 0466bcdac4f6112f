import type {Deck} from '../../src/input/deck.ts';
import {paintLayer} from '../../views/modal/paint-layer.ts';
import {plainText, themes} from './arbitraries.ts';

const [, theme] = themes;

/** The text of what is open above the panes. */
export const layerText = (deck: Deck, columns: number, rows: number): string =>
	(paintLayer(deck, {columns, rows}, theme)?.rows ?? []).map(plainText).join('\n');

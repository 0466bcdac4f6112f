import type {Deck} from '../src/deck/deck.ts';
import {type Layer, topLayer} from '../src/session.ts';
import {centred, type Painted} from './centred.ts';
import {confirmLines} from './confirm.ts';
import {paintDocument} from './document.ts';
import type {Size} from './layout.ts';
import {paintList, paintPalette} from './menu.ts';
import {blankLine, line} from './modal.ts';
import {paintParams} from './params.ts';
import type {Theme} from './theme.ts';

/** What lies above the deck, if anything: only the top layer is drawn. */
export function paintLayer(deck: Deck, size: Size, theme: Theme): Painted | undefined {
	const layer: Layer | undefined = topLayer(deck.session.get());
	switch (layer?.kind) {
		case undefined:
		case 'filter':
			return undefined;
		case 'search': {
			const under = deck.session.get().layers.at(-2);
			return under?.kind === 'document' ? paintDocument(deck, under, size, theme) : undefined;
		}
		case 'document':
			return paintDocument(deck, layer, size, theme);
		case 'list':
			return paintList(deck, layer, size, theme);
		case 'palette':
			return paintPalette(deck, layer, size, theme);
		case 'params':
			return paintParams(deck, layer, size, theme);
		case 'confirm':
			return centred(size, 108, theme, (cells, rows) => confirmLines(deck, layer, cells, rows, theme));
		case 'quit':
			return centred(size, 50, theme, () => ({
				title: 'Leave midwatch',
				lines: [blankLine, line('press q or y to leave, any other key to stay'), blankLine],
			}));
	}
}

import type {Layer} from '../session.ts';
import type {Pressed} from './confirming.ts';
import type {Deck} from './deck.ts';
import {editedField, stepOf} from './fields.ts';

type GlassLayer = Extract<Layer, {kind: 'break-glass'}>;

/** The word and the reason. */
const fields = 2;

/** The end of a line in pasted text comes at once after it, also where the terminal does not tell that it is a paste. */
const restBeforeEnterMs = 50;

/** A key while the question is on the screen. */
export function pressBreakGlass(deck: Deck, layer: GlassLayer, {key, text, quietMs}: Pressed): void {
	const {copies, keymap} = deck.options;
	const intent = keymap.intent('field', key);
	if (copies === undefined || intent === 'field.cancel') {
		deck.apply({do: 'pop'});
		return;
	}
	const step = stepOf(intent);
	if (step !== undefined) {
		deck.apply({do: 'top', layer: {...layer, field: (layer.field + step + fields) % fields, caret: 0}});
		return;
	}
	if (intent !== 'field.accept') {
		const typed = editedField(layer, intent, text);
		if (typed !== undefined) deck.apply({do: 'top', layer: {...typed, problem: undefined}});
		return;
	}
	if (layer.field < fields - 1) {
		deck.apply({do: 'top', layer: {...layer, field: layer.field + 1, caret: 0}});
		return;
	}
	if (quietMs < restBeforeEnterMs) {
		deck.say('not taken: that came too fast to be typed; press enter again', 'warn');
		return;
	}
	const [word = '', reason = ''] = layer.values;
	void copies.glass.use({word, reason}).then(problem => {
		const top = deck.session.get().layers.at(-1);
		if (top?.kind !== 'break-glass') return;
		if (problem !== undefined) deck.apply({do: 'top', layer: {...top, problem}});
		else {
			deck.apply({do: 'pop'});
			deck.say(
				'for 10 minutes actions are done although the audit is not delivered; the record says who and why',
				'crit',
			);
		}
	});
}

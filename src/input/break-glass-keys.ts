import type {KeyPress} from '../session/key-then-enter.ts';
import type {Layer} from '../session/session.ts';
import type {Deck} from './deck.ts';
import type {Keymap} from './keymap.ts';
import {applyTyping} from './typed-answer.ts';

type BreakGlassLayer = Extract<Layer, {kind: 'break-glass'}>;

/** Two fields: the word, and the reason, which is free text. */
const fieldsOf = (keymap: Keymap) => ({count: 2, free: 1, harmless: keymap.keyFor('field.end')});

/** Handles a key in the break-glass form. */
export function handleBreakGlassKey(deck: Deck, layer: BreakGlassLayer, pressed: KeyPress): void {
	const {copies, keymap} = deck.options;
	const intent = keymap.intent('field', pressed.key);
	if (copies === undefined || intent === 'field.cancel') {
		deck.apply({do: 'pop'});
		return;
	}
	const {answer, isAnswered} = applyTyping(layer, fieldsOf(keymap), pressed, intent);
	if (isAnswered && !deck.canAnswer()) {
		deck.apply({
			do: 'top',
			layer: {...answer, problem: 'not taken: the entire question has to be on the screen first'},
		});
		return;
	}
	deck.apply({do: 'top', layer: answer});
	if (!isAnswered) return;
	const [word = '', reason = ''] = answer.values;
	void copies.breakGlass.activate({word, reason}).then(problem => {
		const top = deck.session.get().layers.at(-1);
		if (top?.kind !== 'break-glass') return;
		if (problem !== undefined) deck.apply({do: 'top', layer: {...top, problem}});
		else {
			deck.apply({do: 'pop'});
			deck.showNotice(
				'break-glass for 10 minutes: actions run without delivery of the audit; the record has your name and reason',
				'crit',
			);
		}
	});
}

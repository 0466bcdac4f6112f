import type {Deck} from '../../src/input/deck.ts';
import {armedFor} from '../../src/policy/policy.ts';
import type {Layer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {wrap} from '../../src/text/fit.ts';
import type {Content} from '../centred-modal.ts';
import {keyThenEnter} from '../paint-line-input.ts';
import {blankLine, flowed, line, type ModalLine} from './modal.ts';

/** The question whether a target is to be armed: which one, and what that means. */
export function armLines(deck: Deck, layer: Extract<Layer, {kind: 'arm'}>, cells: number): Content {
	const {arming, keymap, watch} = deck.options;
	const name = cleanLine(layer.target);
	const system = watch.targets.find(one => one.target.name === layer.target)?.system.title;
	const identity = watch.identity(layer.target);
	const what = identity === undefined ? system : `${identity.version}, as ${identity.who}`;
	const text = (said: string): readonly ModalLine[] => wrap(cleanLine(said), cells).map(part => line(part));
	return {
		title: `Arm ${name}`,
		lines: [
			blankLine,
			...flowed([{text: `${name} is guarded`, tone: 'loud'}], cells),
			...text(what ?? ''),
			blankLine,
			...text(
				`Once armed, its actions can be confirmed from this console. It is guarded again after ${armedFor(arming.policy.get())} without an action.`,
			),
			blankLine,
		],
		foot: [
			keyThenEnter(layer.answering, keymap.keyFor('deck.arm'), keymap.keyFor('field.accept'), ' to arm it'),
			layer.problem === undefined
				? line(`${keymap.keyFor('confirm.cancel')} leaves it guarded`, 'dim')
				: line(cleanLine(layer.problem), 'warn'),
		],
	};
}

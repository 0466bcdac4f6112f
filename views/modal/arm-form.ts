import type {Deck} from '../../src/input/deck.ts';
import {armedDuration} from '../../src/policy/policy.ts';
import type {Layer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {wrapText} from '../../src/text/fit.ts';
import type {ModalContent} from '../centred-modal.ts';
import {keyThenEnterPrompt} from '../paint-line-input.ts';
import {blankModalLine, flowPieces, type ModalLine, modalLine} from './modal.ts';

/** The question whether a target is to be armed: which one, and what that means. */
export function armLines(deck: Deck, layer: Extract<Layer, {kind: 'arm'}>, cells: number): ModalContent {
	const {arming, keymap, watch} = deck.options;
	const name = cleanLine(layer.target);
	const system = watch.targets.find(one => one.target.name === layer.target)?.system.title;
	const identity = watch.identity(layer.target);
	const what = identity === undefined ? system : `${identity.version}, as ${identity.who}`;
	const text = (said: string): readonly ModalLine[] => wrapText(cleanLine(said), cells).map(part => modalLine(part));
	return {
		title: `Arm ${name}`,
		lines: [
			blankModalLine,
			...flowPieces([{text: `${name} is guarded`, tone: 'loud'}], cells),
			...text(what ?? ''),
			blankModalLine,
			...text(
				`Once armed, its actions can be confirmed from this console. It is guarded again after ${armedDuration(arming.policy.get())} without an action.`,
			),
			blankModalLine,
		],
		footer: [
			keyThenEnterPrompt(layer.answering, keymap.keyFor('deck.arm'), keymap.keyFor('field.accept'), ' to arm it'),
			layer.problem === undefined
				? modalLine(`${keymap.keyFor('confirm.cancel')} leaves it guarded`, 'dim')
				: modalLine(cleanLine(layer.problem), 'warn'),
		],
	};
}

import type {Deck} from '../../src/input/deck.ts';
import {armedDuration} from '../../src/policy/policy.ts';
import type {Layer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {wrapText} from '../../src/text/fit.ts';
import type {ModalContent} from '../centred-modal.ts';
import {keyThenEnterPrompt} from '../paint-line-input.ts';
import {blankModalLine, flowPieces, type ModalLine, modalLine} from './modal.ts';

/** The question whether to arm a target: which server it is, and what arming means. */
export function armLines(deck: Deck, layer: Extract<Layer, {kind: 'arm'}>, cells: number): ModalContent {
	const {arming, keymap, watch} = deck.options;
	const name = cleanLine(layer.target);
	const system = watch.targets.find(({target}) => target.name === layer.target)?.system.title;
	const identity = watch.identity(layer.target);
	const server = identity === undefined ? system : `${identity.version}, as ${identity.who}`;
	const text = (sentence: string): readonly ModalLine[] =>
		wrapText(cleanLine(sentence), cells).map(part => modalLine(part));
	return {
		title: `Arm ${name}`,
		lines: [
			blankModalLine,
			...flowPieces([{text: `${name} is guarded`, tone: 'loud'}], cells),
			...text(server ?? ''),
			blankModalLine,
			...text(
				`Once it is armed, you can confirm actions on it from this console. It is guarded again ${armedDuration(arming.policy.get())} after the last action.`,
			),
			blankModalLine,
		],
		footer: [
			keyThenEnterPrompt(layer.answering, keymap.keyFor('deck.arm'), keymap.keyFor('field.accept'), ' to arm it'),
			layer.problem === undefined
				? modalLine(`${keymap.keyFor('confirm.cancel')} cancels: it stays guarded`, 'dim')
				: modalLine(cleanLine(layer.problem), 'warn'),
		],
	};
}

import type {Tone} from '../../src/contract/pane.ts';
import type {Deck} from '../../src/input/deck.ts';
import type {Layer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {wrapText} from '../../src/text/fit.ts';
import type {ModalContent} from '../centred-modal.ts';
import {keyThenEnterPrompt} from '../paint-line-input.ts';
import {blankModalLine, type ModalLine, modalLine} from './modal.ts';

/** The question whether a program may run to log in to a target: which program, which kubeconfig names it, and what approval means. Never its arguments. */
export function approveLines(deck: Deck, layer: Extract<Layer, {kind: 'approve'}>, cells: number): ModalContent {
	const {keymap} = deck.options;
	const {program, file, requestedBy, server, changed} = layer.approval;
	const text = (sentence: string, tone: Tone = 'plain'): readonly ModalLine[] =>
		wrapText(cleanLine(sentence), cells).map(part => modalLine(part, tone));
	return {
		title: `Run a program to log in to ${cleanLine(layer.target)}`,
		lines: [
			blankModalLine,
			...text(program, 'loud'),
			...(file === program ? [] : text(`which is a link to ${file}`)),
			blankModalLine,
			...text(`The kubeconfig ${requestedBy} names it, to log in to ${server}.`),
			...(changed
				? text('You approved it before, with other arguments, another environment or for another server.', 'warn')
				: []),
			...text(
				'It runs as you, with all your rights, whenever midwatch logs in to this target, now and after later starts. Its arguments are not shown, because they may contain a token. Approve it only if you know where this kubeconfig comes from.',
			),
			blankModalLine,
		],
		footer: [
			keyThenEnterPrompt(
				layer.answering,
				keymap.keyFor('confirm.yes'),
				keymap.keyFor('field.accept'),
				' to approve it',
			),
			layer.problem === undefined
				? modalLine(`${keymap.keyFor('confirm.cancel')} cancels: nothing runs`, 'dim')
				: modalLine(cleanLine(layer.problem), 'warn'),
		],
	};
}

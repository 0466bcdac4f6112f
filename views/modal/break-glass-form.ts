import {breakGlassWord} from '../../src/audit/break-glass.ts';
import type {Deck} from '../../src/input/deck.ts';
import type {Layer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {wrapText} from '../../src/text/fit.ts';
import {type PaintedLayer, paintCentredModal} from '../centred-modal.ts';
import {paintField} from '../paint-line-input.ts';
import type {Size} from '../terminal/screen.ts';
import type {Theme} from '../theme.ts';
import {blankModalLine, flowPieces, modalLine} from './modal.ts';

const labels: readonly string[] = [`type ${breakGlassWord}`, 'reason'];

/** The form to act although a required audit sink accepts no records: why, what it means, and the word and reason to type. */
export function paintBreakGlass(
	deck: Deck,
	layer: Extract<Layer, {kind: 'break-glass'}>,
	size: Size,
	theme: Theme,
): PaintedLayer {
	const failing = (deck.options.copies?.state.get() ?? []).filter(sink => sink.required && sink.failure !== undefined);
	const key = deck.options.keymap.keyFor;
	return paintCentredModal(size, 90, theme, cells => {
		const text = (sentence: string, tone: 'plain' | 'crit' | 'warn') =>
			wrapText(cleanLine(sentence), cells).map(part => modalLine(part, tone));
		return {
			title: 'Break-glass: act although the audit is not delivered',
			lines: [
				blankModalLine,
				...failing.flatMap(({name, failure}) => text(`${name} accepts no records: ${failure?.message ?? ''}`, 'crit')),
				...text(
					'For 10 minutes, or until all records are delivered, actions are recorded on this machine only and delivered later. The record shows who did this and why.',
					'plain',
				),
				blankModalLine,
				...labels.map((label, index) => paintField(`${label}  `, index, layer, cells, theme)),
				...(layer.problem === undefined ? [] : text(layer.problem, 'warn')),
				blankModalLine,
				...flowPieces(
					[
						{
							text: `${key('field.accept')} in the last field confirms · ${key('field.next')} goes to the next field · ${key('field.cancel')} cancels`,
							tone: 'dim',
						},
					],
					cells,
				),
			],
		};
	});
}

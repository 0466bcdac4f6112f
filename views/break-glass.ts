import {breakGlassWord} from '../src/audit/break-glass.ts';
import type {Deck} from '../src/deck/deck.ts';
import type {Layer} from '../src/session.ts';
import {cleanLine} from '../src/text/clean.ts';
import {width, wrap} from '../src/text/fit.ts';
import {centred, type Painted} from './centred.ts';
import type {Size} from './layout.ts';
import {blankLine, flowed, line, type ModalLine} from './modal.ts';
import type {Theme} from './theme.ts';
import {typedPieces} from './typed-line.ts';

const labels = [`type ${breakGlassWord}`, 'reason'];

/** Why the audit is not delivered, and what has to be typed to act all the same. */
export function paintBreakGlass(
	deck: Deck,
	layer: Extract<Layer, {kind: 'break-glass'}>,
	size: Size,
	theme: Theme,
): Painted {
	const failing = (deck.options.copies?.state.get() ?? []).filter(sink => sink.required && sink.trouble !== undefined);
	const key = deck.options.keymap.keyFor;
	return centred(size, 90, theme, cells => {
		const told = (text: string, tone: 'plain' | 'crit' | 'warn') =>
			wrap(cleanLine(text), cells).map(part => line(part, tone));
		const field = (label: string, index: number): ModalLine => {
			const value = layer.values[index] ?? '';
			const active = index === layer.field;
			const room = cells - 4 - width(label);
			return [
				{text: active ? '> ' : '  ', tone: 'loud'},
				{text: `${label}  `, tone: 'dim'},
				...(active
					? typedPieces({text: value, caret: layer.caret ?? 0}, room, theme)
					: [{text: cleanLine(value), tone: 'plain' as const}]),
			];
		};
		return {
			title: 'Act although the audit is not delivered',
			lines: [
				blankLine,
				...failing.flatMap(({name, trouble}) => told(`${name} takes no record: ${trouble?.message ?? ''}`, 'crit')),
				...told(
					'For 10 minutes, or until all is delivered, actions are recorded on this machine alone and delivered later. The record says who did this, and why.',
					'plain',
				),
				blankLine,
				...labels.map(field),
				...(layer.problem === undefined ? [] : told(layer.problem, 'warn')),
				blankLine,
				...flowed(
					[
						{
							text: `${key('field.accept')} in the last field does it · ${key('field.next')} goes between them · ${key('field.cancel')} cancels`,
							tone: 'dim',
						},
					],
					cells,
				),
			],
		};
	});
}

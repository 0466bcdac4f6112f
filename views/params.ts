import type {Deck} from '../src/deck/deck.ts';
import {actionOf} from '../src/deck/fields.ts';
import type {ParamsLayer} from '../src/session.ts';
import {cleanLine} from '../src/text/clean.ts';
import {width, wrap} from '../src/text/fit.ts';
import {centred, type Painted} from './centred.ts';
import type {Size} from './layout.ts';
import {blankLine, flowed, line, tail} from './modal.ts';
import type {Theme} from './theme.ts';

/** What an action wants to know before it can be previewed. */
export function paintParams(deck: Deck, layer: ParamsLayer, size: Size, theme: Theme): Painted {
	const action = actionOf(deck, layer);
	return centred(size, 80, theme, cells => ({
		title: cleanLine(action === undefined ? 'Action' : `${action.title} on ${layer.entries[0]?.row.target ?? ''}`),
		lines: [
			blankLine,
			...(action?.params ?? []).flatMap((param, index) => {
				const value = layer.values[index] ?? '';
				const active = index === layer.field;
				const problem = param.problem(value);
				return [
					[
						{text: active ? '> ' : '  ', tone: 'loud' as const},
						{text: `${param.label}  `, tone: 'dim' as const},
						{text: tail(cleanLine(value), cells - 3 - 2 - width(param.label)), tone: 'plain' as const},
						{text: active ? (theme.ascii ? '_' : '▏') : '', tone: 'loud' as const},
					],
					...wrap(problem ?? param.hint, cells - 2).map(text =>
						line(`  ${text}`, problem === undefined ? 'dim' : 'warn'),
					),
				];
			}),
			blankLine,
			...flowed([{text: 'enter shows what it would do · nothing is changed yet · esc cancels', tone: 'dim'}], cells),
		],
	}));
}

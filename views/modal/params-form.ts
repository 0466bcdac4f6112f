import type {Deck} from '../../src/input/deck.ts';
import {askerOf} from '../../src/input/field-keys.ts';
import type {ParamsLayer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {wrap} from '../../src/text/fit.ts';
import {centred, type Painted} from '../centred-modal.ts';
import type {Size} from '../layout.ts';
import {fieldLine} from '../paint-line-input.ts';
import type {Theme} from '../theme.ts';
import {blankLine, flowed, line} from './modal.ts';

/** What an action wants to know before it can be previewed, or an inspection before it can be read. */
export function paintParams(deck: Deck, layer: ParamsLayer, size: Size, theme: Theme): Painted {
	const asker = askerOf(deck, layer);
	const asked = asker === undefined ? undefined : 'action' in asker ? asker.action : asker.inspection;
	const looks = asker !== undefined && 'inspection' in asker;
	const key = deck.options.keymap.keyFor;
	const cancels = `${key('field.cancel')} cancels`;
	const foot = looks
		? `${key('field.accept')} opens it · ${key('field.older')} and ${key('field.newer')}: what was typed before · ${cancels}`
		: `${key('field.accept')} shows what it would do · nothing is changed yet · ${cancels}`;
	return centred(size, 80, theme, cells => ({
		title: cleanLine(asked === undefined ? 'Action' : `${asked.title} on ${layer.entries[0]?.row.target ?? ''}`),
		lines: [
			blankLine,
			...(asked?.params ?? []).flatMap((param, index) => {
				const value = layer.values[index] ?? '';
				const problem = param.problem(value);
				return [
					fieldLine(`${param.label}  `, index, layer, cells, theme),
					...wrap(problem ?? param.hint, cells - 2).map(text =>
						line(`  ${text}`, problem === undefined ? 'dim' : 'warn'),
					),
				];
			}),
			blankLine,
			...flowed([{text: foot, tone: 'dim'}], cells),
		],
	}));
}

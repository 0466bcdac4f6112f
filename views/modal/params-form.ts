import type {Deck} from '../../src/input/deck.ts';
import {paramsOwner} from '../../src/input/field-keys.ts';
import type {ParamsLayer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {wrapText} from '../../src/text/fit.ts';
import {type PaintedLayer, paintCentredModal} from '../centred-modal.ts';
import type {Size} from '../layout.ts';
import {paintField} from '../paint-line-input.ts';
import type {Theme} from '../theme.ts';
import {blankModalLine, flowPieces, modalLine} from './modal.ts';

/** What an action wants to know before it can be previewed, or an inspection before it can be read. */
export function paintParams(deck: Deck, layer: ParamsLayer, size: Size, theme: Theme): PaintedLayer {
	const asker = paramsOwner(deck, layer);
	const asked = asker === undefined ? undefined : 'action' in asker ? asker.action : asker.inspection;
	const looks = asker !== undefined && 'inspection' in asker;
	const key = deck.options.keymap.keyFor;
	const cancels = `${key('field.cancel')} cancels`;
	const foot = looks
		? `${key('field.accept')} opens it · ${key('field.older')} and ${key('field.newer')}: what was typed before · ${cancels}`
		: `${key('field.accept')} shows what it would do · nothing is changed yet · ${cancels}`;
	return paintCentredModal(size, 80, theme, cells => ({
		title: cleanLine(asked === undefined ? 'Action' : `${asked.title} on ${layer.entries[0]?.row.target ?? ''}`),
		lines: [
			blankModalLine,
			...(asked?.params ?? []).flatMap((param, index) => {
				const value = layer.values[index] ?? '';
				const problem = param.problem(value);
				return [
					paintField(`${param.label}  `, index, layer, cells, theme),
					...wrapText(problem ?? param.hint, cells - 2).map(text =>
						modalLine(`  ${text}`, problem === undefined ? 'dim' : 'warn'),
					),
				];
			}),
			blankModalLine,
			...flowPieces([{text: foot, tone: 'dim'}], cells),
		],
	}));
}

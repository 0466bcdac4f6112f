import type {Deck} from '../../src/input/deck.ts';
import {paramsOwner} from '../../src/input/field-keys.ts';
import type {ParamsLayer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {wrapText} from '../../src/text/fit.ts';
import {type PaintedLayer, paintCentredModal} from '../centred-modal.ts';
import {paintField} from '../paint-line-input.ts';
import type {Size} from '../terminal/screen.ts';
import type {Theme} from '../theme.ts';
import {blankModalLine, flowPieces, modalLine} from './modal.ts';

/** The form for the parameters of an action or an inspection. */
export function paintParams(deck: Deck, layer: ParamsLayer, size: Size, theme: Theme): PaintedLayer {
	const owner = paramsOwner(deck, layer);
	const declared = owner === undefined ? undefined : 'action' in owner ? owner.action : owner.inspection;
	const isInspection = owner !== undefined && 'inspection' in owner;
	const key = deck.options.keymap.keyFor;
	const cancels = `${key('field.cancel')} cancels`;
	const footer = isInspection
		? `${key('field.accept')} opens it · ${key('field.older')} and ${key('field.newer')}: earlier input · ${cancels}`
		: `${key('field.accept')} shows the preview · nothing is changed yet · ${cancels}`;
	return paintCentredModal(size, 80, theme, cells => ({
		title: cleanLine(declared === undefined ? 'Action' : `${declared.title} on ${layer.entries[0]?.row.target ?? ''}`),
		lines: [
			blankModalLine,
			...(declared?.params ?? []).flatMap((param, index) => {
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
			...flowPieces([{text: footer, tone: 'dim'}], cells),
		],
	}));
}

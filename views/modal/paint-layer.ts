import type {Deck} from '../../src/input/deck.ts';
import {isSettling} from '../../src/remedy/remedy-state.ts';
import {type Layer, openText, topLayer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {wrap} from '../../src/text/fit.ts';
import {centred, type Painted} from '../centred-modal.ts';
import {paintDocument} from '../document/paint-document.ts';
import type {Size} from '../layout.ts';
import {createSpan} from '../line-builder.ts';
import {noticeLines, toneOf} from '../notice.ts';
import {typedPieces} from '../paint-line-input.ts';
import type {Theme} from '../theme.ts';
import {approveLines} from './approve-form.ts';
import {armLines} from './arm-form.ts';
import {paintBreakGlass} from './break-glass-form.ts';
import {confirmLines} from './confirm-form.ts';
import {paintList, paintPalette} from './menu.ts';
import {blankLine, line, type ModalLine} from './modal.ts';
import {paintParams} from './params-form.ts';

function paintConfirm(deck: Deck, layer: Extract<Layer, {kind: 'confirm'}>, size: Size, theme: Theme): Painted {
	const painted = centred(size, 108, theme, (cells, rows) => confirmLines(deck, layer, cells, rows, theme));
	deck.setTextArea({cells: painted.width, rows: painted.page, last: painted.last});
	return painted;
}

/** What leaving does to the remedies that were sent. */
function underWay(deck: Deck, cells: number): readonly ModalLine[] {
	const texts = deck.options.runner.underWay().map(remedy => {
		const what = `${remedy.action.title} on ${remedy.target}`;
		return isSettling(remedy)
			? `${what} was sent: whether it helped is recorded as not known, and u no longer leads back from it`
			: `${what} is under way: it is finished and recorded first`;
	});
	const told = texts.flatMap(text => wrap(cleanLine(text), cells).map(part => line(part, 'warn')));
	return told.length === 0 ? [] : [...told, blankLine];
}

/** What was said, over the last lines of the screen, when the footer is too narrow for it: what to do next is at its end. */
function paintNotice(deck: Deck, size: Size, theme: Theme): Painted | undefined {
	const {notice} = deck.session.get();
	if (notice === undefined) return undefined;
	const lines = noticeLines(notice, size.columns, theme);
	const height = Math.min(lines.length, Math.floor(size.rows / 3));
	if (height < 2) return undefined;
	const rows = lines.slice(0, height).map(text => createSpan(size.columns, theme).put(text, toneOf(notice)).end());
	return {left: 0, top: size.rows - height, rows, width: size.columns, whole: height === lines.length};
}

/** What lies above the deck, if anything: only the top layer is drawn. */
export function paintLayer(deck: Deck, size: Size, theme: Theme): Painted | undefined {
	const layer: Layer | undefined = topLayer(deck.session.get());
	const key = deck.options.keymap.keyFor;
	switch (layer?.kind) {
		case undefined:
			return paintNotice(deck, size, theme);
		case 'filter':
			return undefined;
		case 'search':
		case 'line-filter':
		case 'document': {
			const text = openText(deck.session.get());
			return text === undefined ? undefined : paintDocument(deck, text, size, theme);
		}
		case 'reason':
			return centred(size, 80, theme, cells => ({
				title: 'A reason for the record',
				lines: [
					blankLine,
					[{text: '> ', tone: 'loud'}, ...typedPieces(layer, cells - 2, theme)],
					blankLine,
					line(
						`${key('field.accept')} keeps it and goes back to the question · ${key('field.cancel')} leaves it as it was`,
						'dim',
					),
				],
			}));
		case 'list':
			return paintList(deck, layer, size, theme);
		case 'palette':
			return paintPalette(deck, layer, size, theme);
		case 'params':
			return paintParams(deck, layer, size, theme);
		case 'break-glass':
			return paintBreakGlass(deck, layer, size, theme);
		case 'confirm':
			return paintConfirm(deck, layer, size, theme);
		case 'approve':
			return centred(size, 84, theme, cells => approveLines(deck, layer, cells));
		case 'arm':
			return centred(size, 84, theme, cells => armLines(deck, layer, cells));
		case 'quit':
			return centred(size, 60, theme, cells => ({
				title: 'Leave midwatch',
				lines: [blankLine, ...underWay(deck, cells), line('press q or y to leave, any other key to stay'), blankLine],
			}));
	}
}

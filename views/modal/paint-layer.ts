import type {Deck} from '../../src/input/deck.ts';
import {isSettling} from '../../src/remedy/remedy-state.ts';
import {currentDocument, type Layer, topLayer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {wrapText} from '../../src/text/fit.ts';
import {type PaintedLayer, paintCentredModal} from '../centred-modal.ts';
import {paintDocument} from '../document/paint-document.ts';
import {createLineBuilder} from '../line-builder.ts';
import {noticeLines, noticeTone} from '../notice.ts';
import {paintLineInput} from '../paint-line-input.ts';
import type {Size} from '../terminal/screen.ts';
import type {Theme} from '../theme.ts';
import {approveLines} from './approve-form.ts';
import {armLines} from './arm-form.ts';
import {paintBreakGlass} from './break-glass-form.ts';
import {confirmLines} from './confirm-form.ts';
import {paintList, paintPalette} from './menu.ts';
import {blankModalLine, type ModalLine, modalLine} from './modal.ts';
import {paintParams} from './params-form.ts';

function paintConfirm(deck: Deck, layer: Extract<Layer, {kind: 'confirm'}>, size: Size, theme: Theme): PaintedLayer {
	const painted = paintCentredModal(size, 108, theme, (cells, rows) => confirmLines(deck, layer, cells, rows, theme));
	deck.setTextArea({cells: painted.width, rows: painted.page, maxScroll: painted.maxScroll});
	return painted;
}

/** What happens to actions in progress when midwatch quits. */
function quitWarning(deck: Deck, cells: number): readonly ModalLine[] {
	const texts = deck.options.runner.inProgress().map(remedy => {
		const action = `${remedy.action.title} on ${remedy.target}`;
		return isSettling(remedy)
			? `${action} was sent: its outcome is recorded as unknown, and it cannot be undone from here later`
			: `${action} is in progress: it is finished and recorded first`;
	});
	const lines = texts.flatMap(text => wrapText(cleanLine(text), cells).map(part => modalLine(part, 'warn')));
	return lines.length === 0 ? [] : [...lines, blankModalLine];
}

/** A notice that is too long for the footer, over the last lines of the screen: what to do next is at its end. */
function paintNotice(deck: Deck, size: Size, theme: Theme): PaintedLayer | undefined {
	const {notice} = deck.session.get();
	if (notice === undefined) return undefined;
	const lines = noticeLines(notice, size.columns, theme);
	const height = Math.min(lines.length, Math.floor(size.rows / 3));
	if (height < 2) return undefined;
	const rows = lines
		.slice(0, height)
		.map(text => createLineBuilder(size.columns, theme).append(text, noticeTone(notice)).finish());
	return {left: 0, top: size.rows - height, rows, width: size.columns, isComplete: height === lines.length};
}

/** Paints the top layer, or a long notice; undefined when there is neither. */
export function paintLayer(deck: Deck, size: Size, theme: Theme): PaintedLayer | undefined {
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
			const text = currentDocument(deck.session.get());
			return text === undefined ? undefined : paintDocument(deck, text, size, theme);
		}
		case 'reason':
			return paintCentredModal(size, 80, theme, cells => ({
				title: 'Reason for the audit record',
				lines: [
					blankModalLine,
					[{text: '> ', tone: 'loud'}, ...paintLineInput(layer, cells - 2, theme)],
					blankModalLine,
					modalLine(
						`${key('field.accept')} saves it and goes back to the confirmation · ${key('field.cancel')} cancels`,
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
			return paintCentredModal(size, 84, theme, cells => approveLines(deck, layer, cells));
		case 'arm':
			return paintCentredModal(size, 84, theme, cells => armLines(deck, layer, cells));
		case 'quit':
			return paintCentredModal(size, 60, theme, cells => ({
				title: 'Quit midwatch',
				lines: [
					blankModalLine,
					...quitWarning(deck, cells),
					modalLine('press q or y to quit, any other key to stay'),
					blankModalLine,
				],
			}));
	}
}

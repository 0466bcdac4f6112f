import type {Deck} from '../../src/input/deck.ts';
import {type MenuItem, menuEmpty, menuItems, menuTitles, selectedIndex} from '../../src/input/menu-items.ts';
import {paletteItems} from '../../src/input/palette.ts';
import type {Layer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {displayWidth, fitCells, wrapText} from '../../src/text/fit.ts';
import {type PaintedLayer, paintCentredModal} from '../centred-modal.ts';
import {paintLineInput} from '../paint-line-input.ts';
import type {Size} from '../terminal/screen.ts';
import type {Theme} from '../theme.ts';
import {blankModalLine, flowPieces, type ModalLine, modalLine} from './modal.ts';

/** The `space` items around the selected one. */
function windowOf<T>(
	items: readonly T[],
	index: number,
	space: number,
): {readonly items: readonly T[]; readonly from: number} {
	const from = Math.max(0, Math.min(index - Math.floor(space / 2), items.length - space));
	return {items: items.slice(from, from + space), from};
}

function itemLine(item: MenuItem, selected: boolean, cells: number, leftCells: number, theme: Theme): ModalLine {
	const right = cleanLine(item.right);
	const reason = item.disabled === undefined ? '' : ` (${cleanLine(item.disabled)})`;
	const space = Math.max(0, cells - 4 - leftCells - 2 - displayWidth(right) - 2);
	const tone = item.disabled === undefined ? (selected ? 'loud' : 'plain') : 'dim';
	return [
		{text: selected ? `${theme.glyphs.cursor} ` : '  ', tone: 'loud'},
		{text: item.severity === undefined ? '' : `${theme.sign(item.severity)} `, tone: item.severity ?? 'dim'},
		{text: fitCells(cleanLine(item.left), leftCells, 'left', 'middle'), tone: selected ? 'loud' : 'dim'},
		{text: `  ${fitCells(cleanLine(item.text) + reason, space)}  `, tone},
		{text: right, tone: 'dim'},
	];
}

function listLines(
	items: readonly MenuItem[],
	index: number,
	cells: number,
	rows: number,
	theme: Theme,
): {readonly lines: readonly ModalLine[]; readonly range: string} {
	const at = Math.min(index, Math.max(0, items.length - 1));
	const leftCells = Math.min(16, Math.max(1, ...items.map(item => displayWidth(cleanLine(item.left)))));
	const selected = items[at];
	// The selected item again below the list, in full: the end of its line may be cut off.
	const detail =
		selected === undefined
			? []
			: wrapText(
					cleanLine(selected.text + (selected.disabled === undefined ? '' : `: ${selected.disabled}`)),
					cells,
				).slice(0, 3);
	const visible = windowOf(items, at, Math.max(3, rows - detail.length - 2));
	const lines = [
		...visible.items.map((item, i) => itemLine(item, visible.from + i === at, cells, leftCells, theme)),
		blankModalLine,
		...detail.map(text => modalLine(text, 'dim')),
	];
	const hidden = visible.items.length < items.length;
	return {
		lines,
		range: hidden
			? `${visible.from + 1} to ${visible.from + visible.items.length} of ${items.length}`
			: `${items.length}`,
	};
}

/** One of the lists: actions, findings, targets, audit, undo. */
export function paintList(deck: Deck, layer: Extract<Layer, {kind: 'list'}>, size: Size, theme: Theme): PaintedLayer {
	const items = menuItems(deck, layer.list);
	const index = selectedIndex(items, layer);
	const title = menuTitles[layer.list];
	const key = deck.options.keymap.keyFor;
	return paintCentredModal(size, 130, theme, (cells, rows) => {
		if (items.length === 0) {
			const empty = wrapText(menuEmpty[layer.list], cells).map(text => modalLine(text));
			return {title, lines: [blankModalLine, ...empty, blankModalLine, modalLine('esc back', 'dim')]};
		}
		const {lines, range} = listLines(items, index, cells, rows - 1, theme);
		const keys =
			layer.list === 'targets'
				? `${key('list.choose')} shows only this target · ${key('list.arm')} arms or disarms · ${key('list.login')} logs in · esc back`
				: `${key('list.choose')} selects · esc back`;
		return {title: `${title} (${range})`, lines: [...lines, modalLine(keys, 'dim')]};
	});
}

/** The palette: every command that matches the text. */
export function paintPalette(
	deck: Deck,
	layer: Extract<Layer, {kind: 'palette'}>,
	size: Size,
	theme: Theme,
): PaintedLayer {
	const items = paletteItems(deck, layer.text, () => {});
	return paintCentredModal(size, 90, theme, (cells, rows) => ({
		title: 'Find a command',
		lines: [
			[{text: ': ', tone: 'loud'}, ...paintLineInput(layer, cells - 2, theme)],
			blankModalLine,
			...(items.length === 0
				? flowPieces(
						modalLine(`no command matches; ${deck.options.keymap.keyFor('deck.help')} lists all keys`, 'dim'),
						cells,
					)
				: listLines(items, layer.index, cells, Math.min(16, rows - 3), theme).lines),
		],
	}));
}

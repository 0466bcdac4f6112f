import type {Deck} from '../src/deck/deck.ts';
import {flow, lastOffset} from '../src/deck/flow.ts';
import type {DocumentLayer} from '../src/session.ts';
import {cleanLine} from '../src/text/clean.ts';
import {cut, width} from '../src/text/fit.ts';
import type {Painted} from './centred.ts';
import type {Size} from './layout.ts';
import {createSpan} from './span.ts';
import type {Theme} from './theme.ts';

/** A text on the whole screen but the header and the footer, wrapped, searched words loud. */
export function paintDocument(deck: Deck, layer: DocumentLayer, size: Size, theme: Theme): Painted {
	const cells = size.columns;
	const height = size.rows - 2;
	const room = height - 1;
	deck.setTextArea({cells: cells - 2, rows: room});
	const drawn = flow(layer.lines, cells - 2);
	const from = Math.min(layer.offset, lastOffset(drawn, room));
	const where =
		layer.state === 'loading'
			? 'reading'
			: drawn.length <= room
				? 'all'
				: `${Math.min(100, Math.round(((from + room) / drawn.length) * 100))}%`;
	const searched = layer.search === '' ? '' : `/${cut(cleanLine(layer.search), Math.floor(cells / 4))}  `;
	const right = ` ${searched}${where}  esc back `;
	const title = cut(cleanLine(layer.title), cells - width(right) - 4);
	const span = createSpan(cells, theme).put(` ${title} `, 'loud', true);
	span.put(theme.glyphs.rule.repeat(Math.max(1, cells - span.used - width(right))), 'dim').put(right, 'dim');
	const rows = [span.end()];
	const wanted = layer.search.toLowerCase();
	for (const one of drawn.slice(from, from + room)) {
		const tone =
			one.severity !== undefined && one.severity !== 'ok' ? one.severity : one.loud === true ? 'loud' : 'plain';
		const hit = wanted !== '' && one.text.toLowerCase().includes(wanted);
		rows.push(
			createSpan(cells, theme)
				.put(' ')
				.put(one.text, hit ? 'loud' : tone, hit)
				.end(),
		);
	}
	while (rows.length < height) rows.push(' '.repeat(cells));
	return {left: 0, top: 1, rows, width: cells, whole: true};
}

import {messageOf} from '../errors.ts';
import {containing} from '../session/line-filter.ts';
import type {DocumentLayer, Move} from '../session/session.ts';
import type {TextBuffer} from '../session/text-buffer.ts';
import {found, type Layout, lastTop, type Place, scrolled, topOf} from '../session/text-page.ts';
import {cleanLine} from '../text/clean.ts';
import {loadPatterns} from '../text/pattern.ts';
import type {Deck} from './deck.ts';
import type {Intent} from './keymap.ts';
import {copyText, moveOf} from './run-key-intent.ts';

/** Columns that a key moves a text by that is not wrapped. */
const sideways = 20;

/** How an open text is laid out now. */
export function layoutOf(deck: Deck, {wrap, stamps, left}: DocumentLayer): Layout {
	const {cells, rows} = deck.textArea();
	return {cells, rows, wrap, stamps, left};
}

/** The lines that are shown, with what stands before them; their whole moments with `stamps`. */
export function* shownLines(text: TextBuffer, stamps: boolean): Generator<string> {
	for (let at = text.next(text.first()); at !== undefined; at = text.next(at + 1)) {
		const line = text.line(at);
		if (line === undefined) return;
		const lead = line.lead === undefined ? '' : `${line.lead.text} `;
		yield `${stamps && line.at !== undefined ? `${line.at} ` : ''}${lead}${line.text}`;
	}
}

const rowsOf = (move: Move, rows: number): number =>
	({
		down: 1,
		up: -1,
		first: Number.NEGATIVE_INFINITY,
		last: Number.POSITIVE_INFINITY,
		'page-down': rows,
		'page-up': -rows,
		'half-down': Math.ceil(rows / 2),
		'half-up': -Math.ceil(rows / 2),
	})[move];

/** Where a move leads. Down to the end of a text that goes on: it is followed again. */
function moveTo(layer: DocumentLayer, move: Move, layout: Layout): Place | 'end' {
	const {text, follows} = layer;
	const rows = rowsOf(move, layout.rows);
	const last = lastTop(text, layout);
	const first = {line: text.first(), part: 0};
	const to =
		move === 'last' ? last : move === 'first' ? topOf(text, first, layout) : scrolled(text, layer.top, rows, layout);
	const reached = to.line === last.line && to.part === last.part;
	return follows === 'on' && reached && (rows > 0 || layer.top === 'end') ? 'end' : to;
}

/** The text is held still where it was left, and what comes meanwhile is counted from here. */
const held = (layer: DocumentLayer, top: Place | 'end'): Partial<DocumentLayer> =>
	layer.top === 'end' && top !== 'end' ? {top, heldAt: layer.text.end()} : {top};

/** The next line that the search finds, at the top of the page. */
export function searched(deck: Deck, layer: DocumentLayer, search: string, way: 'here' | 'next' | 'previous'): void {
	const layout = layoutOf(deck, layer);
	const from = layer.top === 'end' ? topOf(layer.text, 'end', layout).line : layer.top.line;
	const line =
		search === ''
			? undefined
			: found(layer.text, containing(search), way === 'here' ? from - 1 : from, way === 'previous');
	if (line === undefined && search !== '') deck.say(`no line has ${cleanLine(search)}`, 'warn');
	const to = line === undefined ? {} : held(layer, {line, part: 0});
	deck.apply({do: 'top', layer: {...layer, search, ...to}});
}

function save(deck: Deck, layer: DocumentLayer): void {
	// What is dropped while it is written has to be in it too.
	const lines = [...shownLines(layer.text, true)];
	deck.options.effects.save(layer.title, lines).then(
		path => deck.say(`${lines.length} lines saved to ${path}`),
		(error: unknown) => deck.say(`not saved: ${messageOf(error)}`, 'warn'),
	);
}

/** A key in an open text. */
export function pressDocument(deck: Deck, layer: DocumentLayer, intent: Intent): void {
	const top = (next: Partial<DocumentLayer>) => deck.apply({do: 'top', layer: {...layer, ...next}});
	const layout = layoutOf(deck, layer);
	const {text} = layer;
	switch (intent) {
		case 'text.search':
			deck.apply({do: 'push', layer: {kind: 'search', text: ''}});
			return;
		case 'text.filter':
			void loadPatterns();
			deck.apply({
				do: 'push',
				layer: {kind: 'line-filter', text: layer.filter, before: layer.filter, problem: undefined},
			});
			return;
		case 'text.next':
			searched(deck, layer, layer.search, 'next');
			return;
		case 'text.previous':
			searched(deck, layer, layer.search, 'previous');
			return;
		case 'text.follow':
			if (layer.follows !== 'on') deck.say('no more lines come: this text is as it was read');
			else top(held(layer, layer.top === 'end' ? topOf(text, 'end', layout) : 'end'));
			return;
		case 'text.wrap':
			top({wrap: !layer.wrap, left: 0});
			return;
		case 'text.left':
		case 'text.right':
			if (layer.wrap) deck.say(`lines are wrapped; ${deck.options.keymap.keyFor('text.wrap')} changes that`);
			else top({left: Math.max(0, layer.left + (intent === 'text.right' ? sideways : -sideways))});
			return;
		case 'text.stamps':
			top({stamps: !layer.stamps});
			return;
		case 'text.save':
			save(deck, layer);
			return;
		case 'text.refresh':
			layer.reload?.();
			return;
		case 'text.copy':
			copyText(deck, [...shownLines(text, layer.stamps)].join('\n'));
			return;
		default:
			top(held(layer, moveTo(layer, moveOf(intent), layout)));
	}
}

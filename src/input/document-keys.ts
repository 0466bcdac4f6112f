import {messageOf} from '../errors.ts';
import {containsIgnoringCase} from '../session/line-filter.ts';
import type {TextLayout} from '../session/line-layout.ts';
import type {DocumentLayer, Move} from '../session/session.ts';
import type {TextBuffer} from '../session/text-buffer.ts';
import {findLine, lastPageTop, pageTop, scrollByRows, type TextPosition} from '../session/text-page.ts';
import {cleanLine} from '../text/clean.ts';
import {loadPatterns} from '../text/pattern.ts';
import {copyText} from './copyable-text.ts';
import {moveOf} from './cursor-keys.ts';
import type {Deck} from './deck.ts';
import type {KeyIntent} from './keymap.ts';

/** Columns that a key scrolls an unwrapped text. */
const horizontalStep = 20;

/** The present layout of an open document. */
export function documentLayout(deck: Deck, {wrap, stamps, left}: DocumentLayer): TextLayout {
	const {cells, rows} = deck.textArea();
	return {cells, rows, wrap, stamps, left};
}

/** The shown lines with their source labels; with `stamps` also their time stamps. */
export function* shownLines(text: TextBuffer, stamps: boolean): Generator<string> {
	for (let at = text.next(text.first()); at !== undefined; at = text.next(at + 1)) {
		const line = text.line(at);
		if (line === undefined) return;
		const label = line.sourceLabel === undefined ? '' : `${line.sourceLabel.text} `;
		yield `${stamps && line.at !== undefined ? `${line.at} ` : ''}${label}${line.text}`;
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

/** The position after a move. At the end of a followed document it is `end`: new lines are shown again. */
function moveTo(layer: DocumentLayer, move: Move, layout: TextLayout): TextPosition | 'end' {
	const {text, followState} = layer;
	const rows = rowsOf(move, layout.rows);
	const last = lastPageTop(text, layout);
	const first = {line: text.first(), part: 0};
	const to =
		move === 'last'
			? last
			: move === 'first'
				? pageTop(text, first, layout)
				: scrollByRows(text, layer.top, rows, layout);
	const isAtEnd = to.line === last.line && to.part === last.part;
	return followState === 'on' && isAtEnd && (rows > 0 || layer.top === 'end') ? 'end' : to;
}

/** Pauses a followed document at `top`; new lines are counted from here. */
const pausedAt = (layer: DocumentLayer, top: TextPosition | 'end'): Partial<DocumentLayer> =>
	layer.top === 'end' && top !== 'end' ? {top, pausedAtLine: layer.text.end()} : {top};

/** Scrolls to the next line that matches the search. */
export function searchDocument(
	deck: Deck,
	layer: DocumentLayer,
	search: string,
	direction: 'here' | 'next' | 'previous',
): void {
	const layout = documentLayout(deck, layer);
	const from = layer.top === 'end' ? pageTop(layer.text, 'end', layout).line : layer.top.line;
	const line =
		search === ''
			? undefined
			: findLine(
					layer.text,
					containsIgnoringCase(search),
					direction === 'here' ? from - 1 : from,
					direction === 'previous',
				);
	if (line === undefined && search !== '') deck.showNotice(`no line has ${cleanLine(search)}`, 'warn');
	const to = line === undefined ? {} : pausedAt(layer, {line, part: 0});
	deck.apply({do: 'top', layer: {...layer, search, ...to}});
}

function save(deck: Deck, layer: DocumentLayer): void {
	// A copy: lines may be dropped from the buffer while the file is written.
	const lines = [...shownLines(layer.text, true)];
	deck.options.effects.save(layer.title, lines).then(
		path => deck.showNotice(`${lines.length} lines saved to ${path}`),
		(error: unknown) => deck.showNotice(`not saved: ${messageOf(error)}`, 'warn'),
	);
}

/** Handles a key in an open document. */
export function handleDocumentKey(deck: Deck, layer: DocumentLayer, intent: KeyIntent): void {
	const top = (next: Partial<DocumentLayer>) => deck.apply({do: 'top', layer: {...layer, ...next}});
	const layout = documentLayout(deck, layer);
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
			searchDocument(deck, layer, layer.search, 'next');
			return;
		case 'text.previous':
			searchDocument(deck, layer, layer.search, 'previous');
			return;
		case 'text.follow':
			if (layer.followState !== 'on') deck.showNotice('this text is not followed: it is as it was read');
			else top(pausedAt(layer, layer.top === 'end' ? pageTop(text, 'end', layout) : 'end'));
			return;
		case 'text.wrap':
			top({wrap: !layer.wrap, left: 0});
			return;
		case 'text.left':
		case 'text.right':
			if (layer.wrap) deck.showNotice(`lines are wrapped; ${deck.options.keymap.keyFor('text.wrap')} changes that`);
			else top({left: Math.max(0, layer.left + (intent === 'text.right' ? horizontalStep : -horizontalStep))});
			return;
		case 'text.timestamps':
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
			top(pausedAt(layer, moveTo(layer, moveOf(intent), layout)));
	}
}

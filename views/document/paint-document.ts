import type {Deck} from '../../src/input/deck.ts';
import {layoutOf} from '../../src/input/document-keys.ts';
import type {DocumentLayer} from '../../src/session/session.ts';
import {type Drawn, pageOf} from '../../src/session/text-page.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {cut, cutWords, width} from '../../src/text/fit.ts';
import {count} from '../../src/text/format.ts';
import type {Painted} from '../centred-modal.ts';
import type {Size} from '../layout.ts';
import {createSpan} from '../line-builder.ts';
import {noticeLines, toneOf} from '../notice.ts';
import type {Theme} from '../theme.ts';
import {graphRows, paintGraph} from './paint-graph.ts';

/** Colours of a graph that are none of a severity's. */
const leadHues = [0, 3, 4];

/** What of a long text is there, and what of that is shown. */
function amounts({text, filter}: DocumentLayer): readonly string[] {
	const [first, end, waiting] = [text.first(), text.end(), text.waiting()];
	const there = end - first;
	const all = first === 0 ? `${count(there)} lines` : `last ${count(there)} of ${count(end)} lines`;
	if (text.gaveUp()) return ['takes too long: all lines shown'];
	if (filter === '') return first === 0 ? [] : [all];
	const looked = waiting === 0 ? '' : `, looked at ${Math.floor(((there - waiting) / there) * 100)} %`;
	return [`${count(text.shown())} of ${all}${looked}`];
}

/** Why nothing is shown of a text that has lines. */
function nothingPasses(deck: Deck, {text, filter}: DocumentLayer): readonly string[] {
	const there = text.end() - text.first();
	if (filter === '' || there === 0) return [];
	const key = deck.options.keymap.keyFor('text.filter');
	const looked = text.waiting() === 0 ? `none of ${count(there)} lines matches` : 'no line found yet that matches';
	return [`${looked} &${cleanLine(filter)}`, `${key} changes that; with nothing typed all lines are shown again`];
}

/** Whether it moves. */
function movement({text, follows, top, heldAt}: DocumentLayer, followKey: string): readonly string[] {
	if (follows === 'no') return [];
	const fresh = top === 'end' || heldAt === undefined ? 0 : text.shown(heldAt);
	if (follows === 'ended') return ['ended'];
	if (top === 'end') return ['following'];
	return [fresh === 0 ? `held, ${followKey} follows` : `held, ${count(fresh)} new, ${followKey} follows`];
}

function paintRow({line, stamp, lead, text, place}: Drawn, wanted: string, cells: number, theme: Theme): string {
	const tone =
		line.severity !== undefined && line.severity !== 'ok' ? line.severity : line.loud === true ? 'loud' : 'plain';
	const hit = wanted !== '' && text.toLowerCase().includes(wanted);
	const span = createSpan(cells, theme).put(' ');
	const goesOn = place.part > 0;
	if (stamp !== '') span.put(goesOn ? ' '.repeat(width(stamp) + 1) : `${stamp} `, 'dim');
	if (lead !== '') {
		if (goesOn) span.put(' '.repeat(width(lead) + 1));
		else span.hue(lead, leadHues[(line.lead?.hue ?? 0) % leadHues.length] ?? 0).put(' ');
	}
	return span.put(text, hit ? 'loud' : tone, hit).end();
}

/** What was said, over the last lines of the text, when the footer is too narrow for it. */
function toldAbove(deck: Deck, size: Size, theme: Theme): readonly string[] {
	const {notice} = deck.session.get();
	const lines = notice === undefined ? [] : noticeLines(notice, size.columns, theme);
	if (notice === undefined || lines.length < 2) return [];
	return lines
		.slice(0, Math.floor(size.rows / 3))
		.map(text => createSpan(size.columns, theme).put(text, toneOf(notice)).end());
}

/** What is told of a text beside its title. Where there is no room for all, the lightest go. */
type Fact = {readonly text: string; readonly weight: number};

function fitting(facts: readonly Fact[], cells: number): readonly string[] {
	let kept = facts;
	while (kept.length > 1 && width(kept.map(fact => fact.text).join('  ')) > cells) {
		const lightest = Math.min(...kept.map(fact => fact.weight));
		kept = kept.filter(fact => fact.weight > lightest);
	}
	return kept.map(fact => fact.text);
}

/** A text on the whole screen but the header and the footer; searched words loud. */
export function paintDocument(deck: Deck, layer: DocumentLayer, size: Size, theme: Theme): Painted {
	const cells = size.columns;
	const height = size.rows - 2;
	const {graph} = layer;
	const drawnRows = graph === undefined ? 0 : graphRows(height - 1, layer.text.end() + 1);
	deck.setTextArea({cells: cells - 2, rows: height - 1 - drawnRows});
	const layout = layoutOf(deck, layer);
	const page = pageOf(layer.text, layer.top, layout);
	const last = page.drawn.at(-1);
	const place = page.atEnd || last === undefined ? 100 : Math.floor(((last.place.line + 1) / layer.text.end()) * 100);
	const quarter = Math.floor(cells / 4);
	const facts: readonly Fact[] = [
		...(layer.search === '' ? [] : [{text: `/${cut(cleanLine(layer.search), quarter)}`, weight: 5}]),
		...(layer.filter === '' ? [] : [{text: `&${cut(cleanLine(layer.filter), quarter)}`, weight: 6}]),
		...(layer.left === 0 ? [] : [{text: `from column ${layer.left + 1}`, weight: 2}]),
		...amounts(layer).map(text => ({text, weight: 3})),
		...movement(layer, deck.options.keymap.keyFor('text.last')).map(text => ({text, weight: 4})),
		{text: layer.state === 'loading' ? 'reading' : page.whole ? 'all' : `${Math.min(place, 100)} %`, weight: 1},
		// The footer says so too.
		{text: 'esc back', weight: 0},
	];
	const name = cleanLine(layer.title);
	const right = ` ${fitting(facts, cells - 5 - Math.min(width(name), Math.floor(cells / 2))).join('  ')} `;
	const title = cutWords(name, Math.max(0, cells - width(right) - 4));
	const span = createSpan(cells, theme).put(title === '' ? '' : ` ${title} `, 'loud', true);
	span.put(theme.glyphs.rule.repeat(Math.max(1, cells - span.used - width(right))), 'dim').put(right, 'dim');
	const wanted = layer.search.toLowerCase();
	const picture = graph === undefined ? [] : paintGraph(graph, {columns: cells, rows: drawnRows}, theme);
	const rows = [span.end(), ...picture, ...page.drawn.map(drawn => paintRow(drawn, wanted, cells, theme))];
	if (page.drawn.length === 0)
		rows.push(...nothingPasses(deck, layer).map(text => createSpan(cells, theme).put(` ${text}`, 'dim').end()));
	while (rows.length < height) rows.push(' '.repeat(cells));
	const told = toldAbove(deck, size, theme);
	rows.splice(height - told.length, told.length, ...told);
	return {left: 0, top: 1, rows, width: cells, whole: true};
}

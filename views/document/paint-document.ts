import type {Deck} from '../../src/input/deck.ts';
import {documentLayout} from '../../src/input/document-keys.ts';
import type {DocumentLayer} from '../../src/session/session.ts';
import {type DrawnRow, layOutPage} from '../../src/session/text-page.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {displayWidth, truncateAtWord, truncateText} from '../../src/text/fit.ts';
import {formatCount} from '../../src/text/format.ts';
import type {PaintedLayer} from '../centred-modal.ts';
import type {Size} from '../layout.ts';
import {createLineBuilder} from '../line-builder.ts';
import {noticeLines, noticeTone} from '../notice.ts';
import type {Theme} from '../theme.ts';
import {graphRows, paintGraph} from './paint-graph.ts';

/** Colours of a graph that are none of a severity's. */
const leadHues = [0, 3, 4];

/** What of a long text is there, and what of that is shown. */
function lineCountTexts({text, filter}: DocumentLayer): readonly string[] {
	const [first, end, waiting] = [text.first(), text.end(), text.unfilteredCount()];
	const there = end - first;
	const all = first === 0 ? `${formatCount(there)} lines` : `last ${formatCount(there)} of ${formatCount(end)} lines`;
	if (text.isFilterTooSlow()) return ['takes too long: all lines shown'];
	if (filter === '') return first === 0 ? [] : [all];
	const looked = waiting === 0 ? '' : `, looked at ${Math.floor(((there - waiting) / there) * 100)} %`;
	return [`${formatCount(text.shownCount())} of ${all}${looked}`];
}

/** Why nothing is shown of a text that has lines. */
function nothingPasses(deck: Deck, {text, filter}: DocumentLayer): readonly string[] {
	const there = text.end() - text.first();
	if (filter === '' || there === 0) return [];
	const key = deck.options.keymap.keyFor('text.filter');
	const looked =
		text.unfilteredCount() === 0 ? `none of ${formatCount(there)} lines matches` : 'no line found yet that matches';
	return [`${looked} &${cleanLine(filter)}`, `${key} changes that; with nothing typed all lines are shown again`];
}

/** Whether it moves. */
function followStateText(
	{text, followState: follows, top, pausedAtLine: heldAt}: DocumentLayer,
	followKey: string,
): readonly string[] {
	if (follows === 'no') return [];
	const fresh = top === 'end' || heldAt === undefined ? 0 : text.shownCount(heldAt);
	if (follows === 'ended') return ['ended'];
	if (top === 'end') return ['following'];
	return [fresh === 0 ? `held, ${followKey} follows` : `held, ${formatCount(fresh)} new, ${followKey} follows`];
}

function paintRow(
	{line, stamp, lead, text, position: place}: DrawnRow,
	wanted: string,
	cells: number,
	theme: Theme,
): string {
	const tone =
		line.severity !== undefined && line.severity !== 'ok' ? line.severity : line.loud === true ? 'loud' : 'plain';
	const hit = wanted !== '' && text.toLowerCase().includes(wanted);
	const span = createLineBuilder(cells, theme).append(' ');
	const goesOn = place.part > 0;
	if (stamp !== '') span.append(goesOn ? ' '.repeat(displayWidth(stamp) + 1) : `${stamp} `, 'dim');
	if (lead !== '') {
		if (goesOn) span.append(' '.repeat(displayWidth(lead) + 1));
		else span.appendHue(lead, leadHues[(line.sourceLabel?.hue ?? 0) % leadHues.length] ?? 0).append(' ');
	}
	return span.append(text, hit ? 'loud' : tone, hit).finish();
}

/** What was said, over the last lines of the text, when the footer is too narrow for it. */
function paintNoticeAbove(deck: Deck, size: Size, theme: Theme): readonly string[] {
	const {notice} = deck.session.get();
	const lines = notice === undefined ? [] : noticeLines(notice, size.columns, theme);
	if (notice === undefined || lines.length < 2) return [];
	return lines
		.slice(0, Math.floor(size.rows / 3))
		.map(text => createLineBuilder(size.columns, theme).append(text, noticeTone(notice)).finish());
}

/** What is told of a text beside its title. Where there is no room for all, the lightest go. */
type Fact = {readonly text: string; readonly weight: number};

function fittingFacts(facts: readonly Fact[], cells: number): readonly string[] {
	let kept = facts;
	while (kept.length > 1 && displayWidth(kept.map(fact => fact.text).join('  ')) > cells) {
		const lightest = Math.min(...kept.map(fact => fact.weight));
		kept = kept.filter(fact => fact.weight > lightest);
	}
	return kept.map(fact => fact.text);
}

/** A text on the whole screen but the header and the footer; searched words loud. */
export function paintDocument(deck: Deck, layer: DocumentLayer, size: Size, theme: Theme): PaintedLayer {
	const cells = size.columns;
	const height = size.rows - 2;
	const {graph} = layer;
	const drawnRows = graph === undefined ? 0 : graphRows(height - 1, layer.text.end() + 1);
	deck.setTextArea({cells: cells - 2, rows: height - 1 - drawnRows});
	const layout = documentLayout(deck, layer);
	const page = layOutPage(layer.text, layer.top, layout);
	const last = page.drawn.at(-1);
	const place =
		page.isAtEnd || last === undefined ? 100 : Math.floor(((last.position.line + 1) / layer.text.end()) * 100);
	const quarter = Math.floor(cells / 4);
	const facts: readonly Fact[] = [
		...(layer.search === '' ? [] : [{text: `/${truncateText(cleanLine(layer.search), quarter)}`, weight: 5}]),
		...(layer.filter === '' ? [] : [{text: `&${truncateText(cleanLine(layer.filter), quarter)}`, weight: 6}]),
		...(layer.left === 0 ? [] : [{text: `from column ${layer.left + 1}`, weight: 2}]),
		...lineCountTexts(layer).map(text => ({text, weight: 3})),
		...followStateText(layer, deck.options.keymap.keyFor('text.last')).map(text => ({text, weight: 4})),
		{text: layer.state === 'loading' ? 'reading' : page.isComplete ? 'all' : `${Math.min(place, 100)} %`, weight: 1},
		// The footer says so too.
		{text: 'esc back', weight: 0},
	];
	const name = cleanLine(layer.title);
	const right = ` ${fittingFacts(facts, cells - 5 - Math.min(displayWidth(name), Math.floor(cells / 2))).join('  ')} `;
	const title = truncateAtWord(name, Math.max(0, cells - displayWidth(right) - 4));
	const span = createLineBuilder(cells, theme).append(title === '' ? '' : ` ${title} `, 'loud', true);
	span
		.append(theme.glyphs.rule.repeat(Math.max(1, cells - span.used - displayWidth(right))), 'dim')
		.append(right, 'dim');
	const wanted = layer.search.toLowerCase();
	const picture = graph === undefined ? [] : paintGraph(graph, {columns: cells, rows: drawnRows}, theme);
	const rows = [span.finish(), ...picture, ...page.drawn.map(drawn => paintRow(drawn, wanted, cells, theme))];
	if (page.drawn.length === 0)
		rows.push(
			...nothingPasses(deck, layer).map(text => createLineBuilder(cells, theme).append(` ${text}`, 'dim').finish()),
		);
	while (rows.length < height) rows.push(' '.repeat(cells));
	const told = paintNoticeAbove(deck, size, theme);
	rows.splice(height - told.length, told.length, ...told);
	return {left: 0, top: 1, rows, width: cells, isComplete: true};
}

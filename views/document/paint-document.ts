import type {Deck} from '../../src/input/deck.ts';
import {documentLayout} from '../../src/input/document-keys.ts';
import type {DocumentLayer} from '../../src/session/session.ts';
import {type DrawnRow, layOutPage} from '../../src/session/text-page.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {displayWidth, truncateAtWord, truncateText} from '../../src/text/fit.ts';
import {formatCount} from '../../src/text/format.ts';
import type {PaintedLayer} from '../centred-modal.ts';
import {createLineBuilder} from '../line-builder.ts';
import {noticeLines, noticeTone} from '../notice.ts';
import type {Size} from '../terminal/screen.ts';
import type {Theme} from '../theme.ts';
import {graphRows, paintGraph} from './paint-graph.ts';

/** Colours of graph lines that no severity uses. */
const leadHues: readonly number[] = [0, 3, 4];

/** How many lines of a long text are in memory, and how many of those match the filter. */
function lineCountTexts({text, filter}: DocumentLayer): readonly string[] {
	const [first, end, unfiltered] = [text.first(), text.end(), text.unfilteredCount()];
	const count = end - first;
	const all = first === 0 ? `${formatCount(count)} lines` : `last ${formatCount(count)} of ${formatCount(end)} lines`;
	if (text.isFilterTooSlow()) return ['the filter takes too long: all lines are shown'];
	if (filter === '') return first === 0 ? [] : [all];
	const progress = unfiltered === 0 ? '' : `, ${Math.floor(((count - unfiltered) / count) * 100)} % filtered`;
	return [`${formatCount(text.shownCount())} of ${all}${progress}`];
}

/** Why no line is shown of a text that has lines, and how to change the filter. */
function noMatchLines(deck: Deck, {text, filter}: DocumentLayer): readonly string[] {
	const count = text.end() - text.first();
	if (filter === '' || count === 0) return [];
	const key = deck.options.keymap.keyFor('text.filter');
	const result =
		text.unfilteredCount() === 0 ? `none of ${formatCount(count)} lines matches` : 'no line matches so far:';
	return [`${result} &${cleanLine(filter)}`, `${key} changes the filter; an empty filter shows all lines`];
}

/** Whether a followed text scrolls, is paused with new lines below, or has ended. */
function followStateText({text, followState, top, pausedAtLine}: DocumentLayer, followKey: string): readonly string[] {
	if (followState === 'no') return [];
	const newLines = top === 'end' || pausedAtLine === undefined ? 0 : text.shownCount(pausedAtLine);
	if (followState === 'ended') return ['ended'];
	if (top === 'end') return ['following'];
	return [
		newLines === 0 ? `paused, ${followKey} follows` : `paused, ${formatCount(newLines)} new, ${followKey} follows`,
	];
}

function paintRow({line, stamp, lead, text, position}: DrawnRow, search: string, cells: number, theme: Theme): string {
	const tone =
		line.severity !== undefined && line.severity !== 'ok' ? line.severity : line.loud === true ? 'loud' : 'plain';
	const isMatch = search !== '' && text.toLowerCase().includes(search);
	const span = createLineBuilder(cells, theme).append(' ');
	const isContinued = position.part > 0;
	if (stamp !== '') span.append(isContinued ? ' '.repeat(displayWidth(stamp) + 1) : `${stamp} `, 'dim');
	if (lead !== '') {
		if (isContinued) span.append(' '.repeat(displayWidth(lead) + 1));
		else span.appendHue(lead, leadHues[(line.sourceLabel?.hue ?? 0) % leadHues.length] ?? 0).append(' ');
	}
	return span.append(text, isMatch ? 'loud' : tone, isMatch).finish();
}

/** A notice that is too long for the footer, over the last lines of the text. */
function paintNoticeAbove(deck: Deck, size: Size, theme: Theme): readonly string[] {
	const {notice} = deck.session.get();
	const lines = notice === undefined ? [] : noticeLines(notice, size.columns, theme);
	if (notice === undefined || lines.length < 2) return [];
	return lines
		.slice(0, Math.floor(size.rows / 3))
		.map(text => createLineBuilder(size.columns, theme).append(text, noticeTone(notice)).finish());
}

/** A fact beside the title of a text. Where not all fit, those of the lowest weight are left out. */
type Fact = {readonly text: string; readonly weight: number};

function fittingFacts(facts: readonly Fact[], cells: number): readonly string[] {
	let shown = facts;
	while (shown.length > 1 && displayWidth(shown.map(fact => fact.text).join('  ')) > cells) {
		const minWeight = Math.min(...shown.map(fact => fact.weight));
		shown = shown.filter(fact => fact.weight > minWeight);
	}
	return shown.map(fact => fact.text);
}

/** Paints a text between header and footer, with its graph above it; search matches are loud. */
export function paintDocument(deck: Deck, layer: DocumentLayer, size: Size, theme: Theme): PaintedLayer {
	const cells = size.columns;
	const height = size.rows - 2;
	const {graph} = layer;
	const drawnRows = graph === undefined ? 0 : graphRows(height - 1, layer.text.end() + 1);
	deck.setTextArea({cells: cells - 2, rows: height - 1 - drawnRows});
	const layout = documentLayout(deck, layer);
	const page = layOutPage(layer.text, layer.top, layout);
	const last = page.drawn.at(-1);
	const percent =
		page.isAtEnd || last === undefined ? 100 : Math.floor(((last.position.line + 1) / layer.text.end()) * 100);
	const quarter = Math.floor(cells / 4);
	const facts: readonly Fact[] = [
		...(layer.search === '' ? [] : [{text: `/${truncateText(cleanLine(layer.search), quarter)}`, weight: 5}]),
		...(layer.filter === '' ? [] : [{text: `&${truncateText(cleanLine(layer.filter), quarter)}`, weight: 6}]),
		...(layer.left === 0 ? [] : [{text: `from column ${layer.left + 1}`, weight: 2}]),
		...lineCountTexts(layer).map(text => ({text, weight: 3})),
		...followStateText(layer, deck.options.keymap.keyFor('text.last')).map(text => ({text, weight: 4})),
		{text: layer.state === 'loading' ? 'reading' : page.isComplete ? 'all' : `${Math.min(percent, 100)} %`, weight: 1},
		// The footer shows it too.
		{text: 'esc back', weight: 0},
	];
	const name = cleanLine(layer.title);
	const right = ` ${fittingFacts(facts, cells - 5 - Math.min(displayWidth(name), Math.floor(cells / 2))).join('  ')} `;
	const title = truncateAtWord(name, Math.max(0, cells - displayWidth(right) - 4));
	const span = createLineBuilder(cells, theme).append(title === '' ? '' : ` ${title} `, 'loud', true);
	span
		.append(theme.glyphs.rule.repeat(Math.max(1, cells - span.used - displayWidth(right))), 'dim')
		.append(right, 'dim');
	const search = layer.search.toLowerCase();
	const picture = graph === undefined ? [] : paintGraph(graph, {columns: cells, rows: drawnRows}, theme);
	const rows = [span.finish(), ...picture, ...page.drawn.map(drawn => paintRow(drawn, search, cells, theme))];
	if (page.drawn.length === 0)
		rows.push(
			...noMatchLines(deck, layer).map(text => createLineBuilder(cells, theme).append(` ${text}`, 'dim').finish()),
		);
	while (rows.length < height) rows.push(' '.repeat(cells));
	const noticeRows = paintNoticeAbove(deck, size, theme);
	rows.splice(height - noticeRows.length, noticeRows.length, ...noticeRows);
	return {left: 0, top: 1, rows, width: cells, isComplete: true};
}

import {isStale, type Reading} from '../../src/contract/reading.ts';
import type {Severity} from '../../src/contract/row.ts';
import type {PaintedPage} from '../../src/input/cursor-stability.ts';
import {cursorIndex, hasLostCursor, type PaneSession} from '../../src/session/session.ts';
import type {PaneView, SectionView, TableRow} from '../../src/table/build-view.ts';
import {isUnderGroupHeader} from '../../src/table/grouping.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {displayWidth, fitCells, truncateAtWord, truncateText} from '../../src/text/fit.ts';
import {formatClockTime, formatCount, formatDuration, formatThousands} from '../../src/text/format.ts';
import type {Theme} from '../theme.ts';
import {emptyFilterLines, rowCountText} from './filter-summary.ts';
import {paintGauges} from './gauge-line.ts';
import {type ColumnPlan, paintColumnHeader, type RowStyle} from './paint-row.ts';
import type {PaneMemory} from './pane-memory.ts';

export type PaneFrame = {
	readonly view: PaneView;
	readonly session: PaneSession;
	/** The number key that focuses it. */
	readonly number: number;
	readonly focused: boolean;
	readonly width: number;
	readonly height: number;
	readonly now: number;
	readonly theme: Theme;
};

const ageOf = (reading: Reading, now: number) => formatDuration((now - (reading.readAt ?? now)) / 1000);

/** `1 Pods ──── prod-eu · 412  ■ 3  ▲ 2 ─`: filter, target, number of rows, problems by severity, and the age of stale data. */
function title({view, session, number, focused, width: cells, now, theme}: PaneFrame): string {
	const readings = view.sections.flatMap(section => section.readings);
	const targets = [...new Set(readings.map(reading => reading.target))];
	const firstSection = view.sections[0];
	let parts: {text: string; tone: Parameters<Theme['paint']>[1]}[] = [];
	// The filter of the rows on the screen, which may be older than the one that is being typed.
	if (view.filter !== '')
		parts.push({text: truncateText(`/${cleanLine(view.filter)}`, Math.max(8, Math.floor(cells / 4))), tone: 'loud'});
	if (view.problemsOnly) parts.push({text: 'problems only', tone: 'loud'});
	if (session.marks.size > 0) parts.push({text: `${session.marks.size} marked`, tone: 'loud'});
	parts.push({text: targets.length === 1 ? cleanLine(targets[0] ?? '') : `${targets.length} targets`, tone: 'dim'});
	if (firstSection !== undefined) parts.push({text: rowCountText(view, firstSection), tone: 'dim'});
	for (const severity of ['crit', 'warn', 'unknown'] as const) {
		const count = view.sections.reduce((sum, section) => sum + section.problemCounts[severity], 0);
		if (count > 0) parts.push({text: `${theme.sign(severity)} ${formatCount(count)}`, tone: severity});
	}
	const oldest = readings.filter(reading => isStale(reading, now)).sort((a, b) => (a.readAt ?? 0) - (b.readAt ?? 0))[0];
	if (oldest !== undefined) parts.push({text: `${ageOf(oldest, now)} old`, tone: 'warn'});
	else if (readings.some(reading => reading.state === 'connecting')) parts.push({text: 'connecting', tone: 'dim'});
	const name = truncateText(`${number} ${view.pane.title} `, cells);
	const partCells = () => parts.reduce((sum, part) => sum + displayWidth(part.text) + 2, 0) - 2;
	while (parts.length > 1 && displayWidth(name) + partCells() + 6 > cells) {
		const first = parts.find(part => part.tone === 'dim') ?? parts[0];
		parts = parts.filter(part => part !== first);
	}
	const space = cells - displayWidth(name) - 4;
	if (parts.length === 1) parts = parts.map(part => ({...part, text: truncateText(part.text, space)}));
	if (space < 1 || parts.length === 0) {
		const rest = theme.glyphs.rule.repeat(cells - displayWidth(name));
		return theme.paint(name, focused ? 'loud' : 'plain', focused) + theme.paint(rest, 'dim');
	}
	const right = parts.map(part => theme.paint(part.text, part.tone)).join('  ');
	const rule = Math.max(1, cells - displayWidth(name) - partCells() - 3);
	return (
		theme.paint(name, focused ? 'loud' : 'plain', focused) +
		theme.paint(theme.glyphs.rule.repeat(rule), 'dim') +
		` ${right} ${theme.paint(theme.glyphs.rule, 'dim')}`
	);
}

/** Failures of the pane's readings: target, message, since when, next retry, and what to do. One or two lines each. */
function failureLines({view, width: cells, height, now, theme}: PaneFrame): string[] {
	const seen = new Set<string>();
	const lines: string[] = [];
	for (const reading of view.sections.flatMap(section => section.readings)) {
		const {failure} = reading;
		if (failure === undefined || seen.has(`${reading.target} ${failure.message}`)) continue;
		seen.add(`${reading.target} ${failure.message}`);
		const retry =
			reading.nextAt === undefined ? '' : `, next try in ${formatDuration(Math.max(0, reading.nextAt - now) / 1000)}`;
		const data = reading.snapshot === undefined ? '' : `, data is ${ageOf(reading, now)} old`;
		const message = `${theme.sign('unknown')} ${cleanLine(reading.target)}: ${cleanLine(failure.message)}`;
		const when = `since ${formatClockTime(failure.since)}${data}${retry}`;
		const hint = cleanLine(failure.hint);
		const fitsOneLine = displayWidth(message) + 1 + displayWidth(when) <= cells;
		lines.push(theme.paint(fitCells(fitsOneLine ? `${message} ${when}` : message, cells), 'unknown'));
		// The age is in the title already; what to do next must not be cut off.
		const since = `since ${formatClockTime(failure.since)}`;
		const next = fitsOneLine ? hint : [since, hint].filter(part => part !== '').join('; ');
		if (next !== '' && height >= 8) lines.push(theme.paint(sentenceLine(`  ${next}`, cells), 'plain'));
	}
	return lines.slice(0, Math.max(1, Math.floor(height / 3)));
}

function gaugeLines({view, width: cells, height, theme}: PaneFrame): string[] {
	const byTarget = new Map<string, Reading[]>();
	for (const reading of view.sections.flatMap(section => section.readings)) {
		byTarget.set(reading.target, [...(byTarget.get(reading.target) ?? []), reading]);
	}
	const lines: string[] = [];
	for (const [target, readings] of byTarget) {
		const gauges = readings.flatMap(reading => reading.snapshot?.gauges ?? []);
		if (!gauges.some(gauge => view.pane.gauges.includes(gauge.id))) continue;
		lines.push(paintGauges(gauges, view.pane.gauges, view.hasManyTargets ? cleanLine(target) : '', cells, theme));
	}
	return lines.slice(0, Math.max(1, Math.floor(height / 4)));
}

/** A sentence, exactly `cells` wide. */
const sentenceLine = (text: string, cells: number): string => fitCells(truncateAtWord(text, cells), cells);

/** Sections of sources with a longer interval than this show when they were read. */
const infrequentReadMs = 10_000;
const agoOf = (reading: Reading, now: number, verb = ''): string =>
	reading.intervalMs < infrequentReadMs || reading.readAt === undefined ? '' : `, ${verb}${ageOf(reading, now)} ago`;

/** Notes and sample sizes by text, each once, with the names of its targets where those are not all targets. */
function mergeNotes(
	view: SectionView,
	hasManyTargets: boolean,
	now: number,
): ReadonlyMap<string, {readonly targets: string; readonly severity: Severity}> {
	const notes = new Map<string, {targets: string[]; severity: Severity}>();
	const add = (target: string, text: string, severity: Severity) => {
		const known = notes.get(text) ?? {targets: [], severity};
		// Rows and their group headers may have the same note.
		if (!known.targets.includes(target)) notes.set(text, {...known, targets: [...known.targets, target]});
	};
	const targetCount = new Set(view.readings.map(reading => reading.target)).size;
	for (const {target, note} of view.notes) {
		add(target, `${note.text}${note.hint === undefined ? '' : ` - ${note.hint}`}`, note.severity);
	}
	for (const reading of view.readings) {
		const sample = reading.snapshot?.sample;
		if (sample !== undefined) add(reading.target, sample + agoOf(reading, now), 'ok');
	}
	return new Map(
		[...notes].map(([text, {targets, severity}]) => {
			const all = targets.length === targetCount;
			return [text, {targets: hasManyTargets && !all ? `${targets.join(', ')}: ` : '', severity}];
		}),
	);
}

/** The lines below the rows of a section: notes, sample sizes, omitted rows, and why a section is empty. */
function remarks(view: SectionView, pane: PaneView, cells: number, now: number, theme: Theme): string[] {
	const lines: string[] = [];
	const add = (text: string, tone: Parameters<Theme['paint']>[1]) =>
		lines.push(theme.paint(sentenceLine(`  ${cleanLine(text)}`, cells), tone));
	const shared = mergeNotes(view, pane.hasManyTargets, now);
	for (const [text, {targets, severity}] of shared) add(`${targets}${text}`, severity === 'ok' ? 'dim' : severity);
	if (view.omitted > 0) add(`${formatThousands(view.omitted)} more are not listed`, 'dim');
	for (const reading of view.readings) {
		if (reading.state === 'paused' && reading.snapshot !== undefined) add(`read ${ageOf(reading, now)} ago`, 'dim');
	}
	const read = view.readings.filter(reading => reading.snapshot !== undefined);
	const explained = view.notes.some(({note}) => note.severity !== 'ok');
	if (view.total > 0 && view.entries.length === 0) {
		lines.unshift(...emptyFilterLines(view, pane).map(text => theme.paint(sentenceLine(`  ${text}`, cells), 'dim')));
	} else if (view.entries.length === 0 && read.length > 0) {
		// A note that says why nothing was read would contradict the text for an empty section.
		const first = read[0];
		const empty = `${view.section.empty}${first === undefined ? '' : agoOf(first, now, 'read ')}`;
		if (!explained) lines.unshift(theme.paint(sentenceLine(`  ${empty}`, cells), 'dim'));
	} else if (read.length === 0) {
		const failing = view.readings.some(reading => reading.failure !== undefined);
		const text =
			view.readings.length === 0
				? 'its targets are hidden; esc shows all targets'
				: `${failing ? 'not read yet' : 'reading'}: ${view.section.title.toLowerCase()}`;
		lines.unshift(theme.paint(sentenceLine(`  ${text}`, cells), 'dim'));
	}
	return lines;
}

/** Divides `space` lines among sections: what they need where it fits, else by weight; each has at least a header and two lines. */
function shareLines(needs: readonly number[], weights: readonly number[], space: number): number[] {
	const lineCounts = needs.map(need => Math.min(need, 3));
	let rest = space - lineCounts.reduce((sum, lines) => sum + lines, 0);
	while (rest > 0) {
		const needsMore = needs.map((need, index) => need > (lineCounts[index] ?? 0));
		const weight = weights.reduce((sum, w, index) => sum + (needsMore[index] ? w : 0), 0);
		if (weight === 0) break;
		const before = rest;
		for (const [index, need] of needs.entries()) {
			if (!needsMore[index] || rest === 0) continue;
			const fair = Math.max(1, Math.floor((before * (weights[index] ?? 1)) / weight));
			const take = Math.min(fair, need - (lineCounts[index] ?? 0), rest);
			lineCounts[index] = (lineCounts[index] ?? 0) + take;
			rest -= take;
		}
	}
	return lineCounts;
}

/** `… 404 more, all ok`, or how many of the worst severity: of the hidden rows before `from` and from `to` on. */
function moreLine(
	{section, entries, severityCounts: severities}: SectionView,
	from: number,
	to: number,
	cells: number,
	theme: Theme,
): string {
	const parts: string[] = [];
	if (from > 0) parts.push(`${formatThousands(from)} above`);
	if (to < entries.length) {
		const below = {...severities};
		for (const {row, wasRemoved} of entries.slice(0, to)) {
			if (row.kind === section.kind && wasRemoved !== true) below[row.severity] -= 1;
		}
		const severity = (['crit', 'warn', 'unknown'] as const).find(candidate => below[candidate] > 0);
		const summary = severity === undefined ? 'all ok' : `${below[severity]} ${theme.sign(severity)}`;
		parts.push(`${formatThousands(entries.length - to)} more, ${summary}`);
	}
	const text = `${theme.glyphs.more} ${parts.join(', ')}`;
	return theme.paint(fitCells(text.padStart(Math.min(cells, text.length + Math.floor(cells / 2))), cells), 'dim');
}

type SectionFrame = {
	readonly view: SectionView;
	readonly plan: ColumnPlan;
	readonly lines: number;
	readonly remarks: readonly string[];
	/** Index of the cursor's row in the section, or -1. */
	readonly cursor: number;
	/** Index of the row that stays visible: the cursor's, or the place of its removed object; -1 in other sections. */
	readonly anchor: number;
};

/** `row`: the index of the row on this line. */
type PaintedLine = {readonly text: string; readonly row?: number};

/** Undefined in an order without group headers. */
function groupPositionOf(view: SectionView, entry: TableRow): RowStyle['groupPosition'] {
	if (entry.row.kind !== view.section.kind) return 'head';
	return isUnderGroupHeader(view.grouping, entry) ? 'under' : undefined;
}

function paintSection(frame: PaneFrame, part: SectionFrame, memory: PaneMemory): PaintedLine[] {
	const {theme, session, focused, now} = frame;
	const {view, plan, cursor, anchor} = part;
	const lines: PaintedLine[] = [{text: paintColumnHeader(plan, theme)}];
	const remarkLines = part.remarks.slice(0, Math.max(1, part.lines - 1 - Math.min(2, view.entries.length)));
	let space = Math.max(0, part.lines - 1 - remarkLines.length);
	const overflow = view.entries.length > space;
	if (overflow && space > 1) space -= 1;
	const id = view.section.kind;
	let offset = Math.min(memory.offsets.get(id) ?? 0, Math.max(0, view.entries.length - space));
	if (anchor >= 0) offset = Math.max(Math.min(offset, anchor), anchor - space + 1);
	else offset = 0;
	memory.offsets.set(id, offset);
	const staleTargets = new Set(
		view.readings.filter(reading => reading.failure !== undefined).map(reading => reading.target),
	);
	for (const [index, entry] of view.entries.slice(offset, offset + space).entries()) {
		const {row, key} = entry;
		const groupPosition = groupPositionOf(view, entry);
		const style: RowStyle = {
			cursor: offset + index === cursor,
			focused,
			marked: session.marks.has(key),
			isStale: staleTargets.has(row.target) || entry.wasRemoved === true,
			...(groupPosition === undefined ? {} : {groupPosition}),
		};
		lines.push({text: memory.paintRow(row, plan, style, now, theme), row: offset + index});
	}
	if (overflow && part.lines - 1 - remarkLines.length > 1) {
		lines.push({text: moreLine(view, offset, offset + space, plan.width, theme)});
	}
	return [...lines, ...remarkLines.map(text => ({text}))];
}

/** Paints a pane as `height` rows of `width` cells. `page` says which table row is on which line. */
export function paintPane(
	frame: PaneFrame,
	memory: PaneMemory,
): {readonly rows: readonly string[]; readonly page: PaintedPage} {
	const {view, session, height, theme, now} = frame;
	const cells = frame.width;
	const top = [title(frame), ...failureLines(frame), ...gaugeLines(frame)].slice(0, height);
	const space = Math.max(0, height - top.length);
	const names = view.hasManyTargets
		? view.sections.flatMap(section => section.readings.map(reading => displayWidth(reading.target)))
		: [];
	const targetWidth = names.length === 0 ? 0 : Math.min(cells < 70 ? 10 : 14, Math.max(6, ...names));
	const sectionRemarks = view.sections.map(section => remarks(section, view, cells, now, theme));
	const needs = view.sections.map(
		(section, index) => 1 + section.entries.length + (sectionRemarks[index]?.length ?? 0),
	);
	const lineCounts = shareLines(
		needs,
		view.sections.map(section => section.section.weight),
		space,
	);
	const cursor = cursorIndex(session, view.entries);
	const anchor = hasLostCursor(session, view.entries) ? Math.min(session.cursorLine, view.entries.length - 1) : cursor;
	let before = 0;
	const body = view.sections.flatMap((section, index) => {
		const first = before;
		before += section.entries.length;
		const within = (index: number) => (index >= first && index < before ? index - first : -1);
		return paintSection(
			frame,
			{
				view: section,
				plan: memory.planColumns(section.section, cells, targetWidth),
				lines: lineCounts[index] ?? 0,
				remarks: sectionRemarks[index] ?? [],
				cursor: within(cursor),
				anchor: within(anchor),
			},
			memory,
		)
			.slice(0, lineCounts[index] ?? 0)
			.map(({text, row}) => ({text, row: row === undefined ? undefined : first + row}));
	});
	const rows = [...top, ...body.map(({text}) => text)].slice(0, height);
	const rowsAt = [...top.map(() => undefined), ...body.map(({row}) => row)];
	while (rows.length < height) rows.push(' '.repeat(cells));
	const page = {
		rows: Math.max(1, Math.max(...lineCounts, 2) - 2),
		rowsAt,
		cursorRow: cursor < 0 ? undefined : cursor,
		selected: view.entries[cursor]?.key,
	};
	return {rows, page};
}

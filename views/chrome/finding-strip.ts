import type {Finding} from '../../src/contract/finding.ts';
import {formatFindingAge} from '../../src/findings/merge-findings.ts';
import type {Deck} from '../../src/input/deck.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {displayWidth, fitCells, truncateAtWord} from '../../src/text/fit.ts';
import type {Theme} from '../theme.ts';

/** `nameCells`: the width of the target's name. `tail` follows the age and the key of the first action that helps. */
function findingLine(
	deck: Deck,
	finding: Finding,
	cells: number,
	nameCells: number,
	tail: string,
	theme: Theme,
): string {
	const system = deck.options.watch.targets.find(({target}) => target.name === finding.target)?.system;
	const helpful = finding.actions
		.map(id => system?.actions.find(action => action.id === id))
		.find(action => action !== undefined);
	const age = formatFindingAge(finding, deck.now());
	const help =
		helpful === undefined || cells < 100
			? ''
			: `${deck.options.keymap.keyOf(helpful.id, helpful.key)} ${cleanLine(helpful.title).toLowerCase()}`.trimStart();
	const right = `  ${age.padStart(7)}${cells < 100 ? '' : `  ${fitCells(help, 22)}`}${tail}`;
	const space = Math.max(0, cells - 3 - nameCells - 2 - displayWidth(right));
	return (
		theme.paint(` ${theme.sign(finding.severity)} `, finding.severity) +
		theme.paint(fitCells(cleanLine(finding.target), nameCells, 'left', 'middle'), 'loud') +
		theme.paint(`  ${fitCells(truncateAtWord(cleanLine(finding.sentence), space), space)}`, 'plain') +
		theme.paint(right, 'dim')
	);
}

/** The worst findings of all targets in exactly `lines` lines of `cells`; the last line says how many more there are. */
export function paintFindingStrip(deck: Deck, cells: number, lines: number, theme: Theme): readonly string[] {
	const findings = deck.findings();
	const blank = ' '.repeat(cells);
	if (findings.length === 0) {
		const readings = deck.options.watch.readings();
		const waiting = readings.filter(reading => reading.snapshot === undefined && reading.state === 'connecting').length;
		const targets = deck.options.watch.targets.length;
		const text =
			targets === 0
				? 'nothing is watched yet'
				: waiting === readings.length
					? `connecting to ${targets} target${targets === 1 ? '' : 's'}`
					: `nothing is wrong on ${targets} target${targets === 1 ? '' : 's'}`;
		return [
			theme.paint(fitCells(` ${theme.sign('ok')} ${text}`, cells), 'dim'),
			...Array.from({length: lines - 1}, () => blank),
		];
	}
	const shown = findings.slice(0, lines);
	const hiddenCount = findings.length - shown.length;
	const nameCells = Math.min(
		cells < 100 ? 11 : 14,
		Math.max(...findings.map(({target}) => displayWidth(cleanLine(target)))),
	);
	const key = deck.options.keymap.keyFor('deck.findings');
	const tail = hiddenCount > 0 ? `  +${hiddenCount} more ${key} ` : ' ';
	const painted = shown.map((finding, index) => {
		const last = index === shown.length - 1 && hiddenCount > 0;
		return findingLine(deck, finding, cells, nameCells, fitCells(last ? tail : '', displayWidth(tail)), theme);
	});
	while (painted.length < lines) painted.push(blank);
	return painted;
}

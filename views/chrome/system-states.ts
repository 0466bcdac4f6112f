import type {Tone} from '../../src/contract/pane.ts';
import {isStale} from '../../src/contract/reading.ts';
import type {Severity} from '../../src/contract/row.ts';
import {compareSeverity, worstSeverity} from '../../src/contract/severity.ts';
import type {Deck} from '../../src/input/deck.ts';
import {formatDuration} from '../../src/text/format.ts';
import type {Theme} from '../theme.ts';

/** The state of all targets of one system together. */
export type SystemState = {
	readonly name: string;
	readonly short: string;
	/** The sign of the severity, `…` while connecting, or the age of stale data. */
	readonly statusText: string;
	readonly tone: Tone;
	/** Its rank where not all systems have space; `ok` when nothing is known to be wrong. */
	readonly severity: Severity;
	/** Nothing was read yet. */
	readonly connecting: boolean;
};

/** The state of every watched system, in the order of the targets. */
export function systemStates(deck: Deck, theme: Theme): readonly SystemState[] {
	const {watch} = deck.options;
	const now = deck.now();
	const systems = new Map(watch.targets.map(({target, system}) => [target.kind, system]));
	return [...systems].map(([kind, system]) => {
		const targets = new Set(watch.targets.filter(one => one.target.kind === kind).map(one => one.target.name));
		const readings = watch.readings().filter(reading => targets.has(reading.target));
		const failing = readings.some(reading => reading.state === 'failed');
		const connecting = readings.every(reading => reading.snapshot === undefined) && !failing;
		const worst = failing
			? 'unknown'
			: worstSeverity(readings.flatMap(reading => reading.findings.map(finding => finding.severity)));
		const base = {name: kind, short: system.short ?? kind, connecting};
		const ages = readings.flatMap(reading =>
			isStale(reading, now) && reading.readAt !== undefined ? [now - reading.readAt] : [],
		);
		if (ages.length > 0) {
			const severity = compareSeverity(worst, 'warn') < 0 ? worst : 'warn';
			return {...base, statusText: `${formatDuration(Math.max(...ages) / 1000)} old`, tone: 'warn', severity};
		}
		const statusText = connecting ? theme.glyphs.more : theme.sign(worst);
		return {...base, statusText, tone: worst === 'ok' ? 'dim' : worst, severity: worst};
	});
}

import type {Audit} from '../src/audit/audit-log.ts';
import type {AuditRecord} from '../src/audit/audit-record.ts';
import type {Deck} from '../src/input/deck.ts';
import type {Arming} from '../src/remedy/arming.ts';
import {formatDuration} from '../src/text/format.ts';
import type {Clock} from '../src/time/clock.ts';
import {watchClockJumps} from '../src/time/clock-jumps.ts';
import type {Watch} from '../src/watch/watch.ts';

type ClockReportOptions = {
	readonly clock: Clock;
	readonly deck: Pick<Deck, 'showNotice'>;
	readonly audit: Pick<Audit, 'append' | 'recent'>;
};

/** Shown once, and recorded where that is possible. */
function report({deck, audit}: ClockReportOptions, note: string): Promise<unknown> {
	deck.showNotice(note, 'warn');
	return audit.append({kind: 'clock', note}).catch(() => {});
}

const describeJump = (byMs: number): string =>
	byMs < 0
		? `the clock of this machine was set back by ${formatDuration(-byMs / 1000)}`
		: `the clock of this machine went forward by ${formatDuration(byMs / 1000)}, or the machine slept: nothing is armed any more`;

/** Reports each jump of the wall clock while the console runs, and keeps what counts by it in line. Returns the way to stop. */
export function reportClockJumps(
	options: ClockReportOptions & {
		readonly watch: Pick<Watch, 'handleClockJump'>;
		readonly arming: Pick<Arming, 'handleClockJump'>;
	},
): () => void {
	return watchClockJumps(options.clock, byMs => {
		options.watch.handleClockJump(byMs);
		options.arming.handleClockJump(byMs);
		void report(options, describeJump(byMs));
	});
}

/** As much as the clocks of two consoles may differ. */
const skewMs = 5 * 60_000;

/** Reports that the record before that of the start lies in the future, so that the clock was wrong then or is wrong now. */
export async function reportClockBehind(options: ClockReportOptions, start: Pick<AuditRecord, 'seq'>): Promise<void> {
	const recent = await options.audit.recent(20).catch(() => []);
	const newest = recent.find(({seq}) => seq < start.seq);
	if (newest === undefined) return;
	const aheadMs = Date.parse(newest.ts) - options.clock.now();
	if (aheadMs < skewMs) return;
	const note = `the record before this start is of ${newest.ts}, ${formatDuration(aheadMs / 1000)} ahead of the clock of this machine: it was ahead then, or is behind now`;
	await report(options, note);
}

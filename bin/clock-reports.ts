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

/** Shows a notice and appends it to the audit log. A failed append is ignored. */
function report({deck, audit}: ClockReportOptions, note: string): Promise<unknown> {
	deck.showNotice(note, 'warn');
	return audit.append({kind: 'clock', note}).catch(() => {});
}

const describeJump = (byMs: number): string =>
	byMs < 0
		? `the clock of this machine was set back by ${formatDuration(-byMs / 1000)}`
		: `the clock of this machine went forward by ${formatDuration(byMs / 1000)}, or the machine slept: nothing is armed any more`;

/** Reports each jump of the wall clock while the console runs, and corrects what counts wall-clock time. Returns the way to stop. */
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

/** The clocks of two consoles may differ by this many milliseconds. */
const maxSkewMs = 5 * 60_000;

/** Reports when the audit record before `start` has a time in the future: the clock was wrong then or is wrong now. */
export async function reportClockBehind(options: ClockReportOptions, start: Pick<AuditRecord, 'seq'>): Promise<void> {
	const recent = await options.audit.recent(20).catch(() => []);
	const newest = recent.find(({seq}) => seq < start.seq);
	if (newest === undefined) return;
	const aheadMs = Date.parse(newest.ts) - options.clock.now();
	if (aheadMs < maxSkewMs) return;
	const ahead = `${formatDuration(aheadMs / 1000)} ahead of the clock of this machine`;
	await report(
		options,
		`the audit record before this start has the time ${newest.ts}, ${ahead}: the clock was ahead then, or is behind now`,
	);
}

import type {Audit} from '../src/audit/audit-log.ts';
import type {AuditRecord} from '../src/audit/audit-record.ts';
import type {Deck} from '../src/input/deck.ts';
import type {Arming} from '../src/remedy/arming.ts';
import {duration} from '../src/text/format.ts';
import type {Clock} from '../src/time/clock.ts';
import {watchJumps} from '../src/time/clock-jumps.ts';
import type {Watch} from '../src/watch/watch.ts';

type Reported = {
	readonly clock: Clock;
	readonly deck: Pick<Deck, 'say'>;
	readonly audit: Pick<Audit, 'append' | 'recent'>;
};

/** Shown once, and recorded where that is possible. */
function report({deck, audit}: Reported, note: string): Promise<unknown> {
	deck.say(note, 'warn');
	return audit.append({kind: 'clock', note}).catch(() => {});
}

const jumpWords = (byMs: number): string =>
	byMs < 0
		? `the clock of this machine was set back by ${duration(-byMs / 1000)}`
		: `the clock of this machine went forward by ${duration(byMs / 1000)}, or the machine slept: nothing is armed any more`;

/** Reports each jump of the wall clock while the console runs, and keeps what counts by it in line. Returns the way to stop. */
export function reportJumps(
	options: Reported & {readonly watch: Pick<Watch, 'clockSet'>; readonly arming: Pick<Arming, 'clockSet'>},
): () => void {
	return watchJumps(options.clock, byMs => {
		options.watch.clockSet(byMs);
		options.arming.clockSet(byMs);
		void report(options, jumpWords(byMs));
	});
}

/** As much as the clocks of two consoles may differ. */
const skewMs = 5 * 60_000;

/** Reports that the record before that of the start lies in the future, so that the clock was wrong then or is wrong now. */
export async function reportBehind(options: Reported, start: Pick<AuditRecord, 'seq'>): Promise<void> {
	const recent = await options.audit.recent(20).catch(() => []);
	const newest = recent.find(({seq}) => seq < start.seq);
	if (newest === undefined) return;
	const aheadMs = Date.parse(newest.ts) - options.clock.now();
	if (aheadMs < skewMs) return;
	const note = `the record before this start is of ${newest.ts}, ${duration(aheadMs / 1000)} ahead of the clock of this machine: it was ahead then, or is behind now`;
	await report(options, note);
}

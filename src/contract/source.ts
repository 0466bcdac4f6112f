import type {Context} from './context.ts';
import type {Finding} from './finding.ts';
import type {Row, Snapshot} from './row.ts';
import type {Target} from './target.ts';

/** What a read costs the server. A `costly` source is read only while it is visible. */
export type Cost = 'cheap' | 'costly';

export type Source<R extends Row = Row, Port = unknown, Settings = unknown> = {
	readonly kind: R['kind'];
	readonly title: string;
	readonly intervalMs: number;
	readonly timeoutMs: number;
	readonly cost: Cost;
	/** Commands that read the same, quoted for a shell. Shown with `=`. */
	cliEquivalent(target: Target<Settings>): readonly string[];
	/** Returns the read function of one target. State between two reads (counters, samples) lives in this closure. */
	open(port: Port, target: Target<Settings>): (context: Context) => Promise<Snapshot<R>>;
	/** Returns what is wrong in a snapshot. Pure. `previous`: the snapshot before, if there was one. */
	findings(
		snapshot: Snapshot<R>,
		previous: Snapshot<R> | undefined,
		about: {readonly target: string; readonly now: number},
	): readonly Finding[];
};

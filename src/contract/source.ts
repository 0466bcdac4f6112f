import type {Context} from './context.ts';
import type {Finding} from './finding.ts';
import type {Row, Snapshot} from './row.ts';
import type {Target} from './target.ts';

/** What a read costs the server. A `costly` source is read only while it is visible. */
export type Cost = 'cheap' | 'costly';

export type Source<R extends Row = Row, Port = unknown, Settings = unknown, GaugeId extends string = string> = {
	readonly kind: R['kind'];
	readonly title: string;
	/** Ids of the gauges that its snapshots may have; panes choose from them. */
	readonly gauges?: readonly GaugeId[];
	readonly intervalMs: number;
	readonly timeoutMs: number;
	readonly cost: Cost;
	/** Commands that read the same, quoted for a shell. Shown with `=`. */
	cliEquivalent(target: Target<Settings>): readonly string[];
	/** Returns the read function of one target. State between two reads (counters, samples) lives in this closure. */
	open(port: Port, target: Target<Settings>): (context: Context) => Promise<Snapshot<R, NoInfer<GaugeId>>>;
	/** Returns what is wrong in a snapshot. Pure. `previous`: the snapshot before, if there was one. */
	findings(
		snapshot: Snapshot<R, NoInfer<GaugeId>>,
		previous: Snapshot<R, NoInfer<GaugeId>> | undefined,
		about: {readonly target: string; readonly now: number},
	): readonly Finding[];
};

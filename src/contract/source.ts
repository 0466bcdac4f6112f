import type {Context} from './context.ts';
import type {Finding} from './finding.ts';
import type {Row, RowKind, Snapshot} from './row.ts';
import type {Target} from './target.ts';

/** What a read costs the system that is read. A `costly` source runs only while someone can see it. */
export type Cost = 'cheap' | 'costly';

export type Source<R extends Row = Row, Port = unknown, Settings = unknown> = {
	readonly kind: RowKind;
	readonly title: string;
	readonly intervalMs: number;
	readonly timeoutMs: number;
	readonly cost: Cost;
	/** How a person reads the same by hand, quoted so that a real shell runs exactly it. Shown with `=`. */
	cliEquivalent(target: Target<Settings>): readonly string[];
	/** Starts reading one target. What must survive between two polls (counters, clusters of samples) lives in this closure. */
	open(port: Port, target: Target<Settings>): (context: Context) => Promise<Snapshot<R>>;
	/** Pure. `previous` is the snapshot before, if there was one. */
	findings(
		snapshot: Snapshot<R>,
		previous: Snapshot<R> | undefined,
		about: {readonly target: string; readonly now: number},
	): readonly Finding[];
};

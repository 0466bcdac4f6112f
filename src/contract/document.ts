import type {Context} from './context.ts';
import type {Severity} from './row.ts';

export type DocumentLine = {
	readonly text: string;
	readonly severity?: Severity;
	/** Drawn bright, and not scrolled sideways. */
	readonly loud?: boolean;
	/** RFC 3339 time stamp as the system reported it: shown before the text while time stamps are on. */
	readonly at?: string;
	/** Short name of where the line comes from, in a text with lines of several sources. Equal `hue`, equal colour. */
	readonly sourceLabel?: {readonly text: string; readonly hue: number};
};

export type GraphSeries = {
	/** The labels in which it differs from the other series. */
	readonly label: string;
	/** Epoch milliseconds, ascending, and the value. Undefined is a gap in the line: no value, or no finite one. */
	readonly points: readonly (readonly [at: number, value: number | undefined])[];
};

/** Series over time, as data: the painter scales them to the screen. */
export type Graph = {
	readonly title: string;
	/** Epoch milliseconds: both ends of the time axis. */
	readonly from: number;
	readonly to: number;
	/** The most important first: where not all fit, the first ones are drawn. */
	readonly series: readonly GraphSeries[];
	/** Number of series in the answer that were left out here. Always shown. */
	readonly omitted: number;
};

export type Document = {
	readonly title: string;
	readonly lines: readonly DocumentLine[];
	readonly cliEquivalent: readonly string[];
	/** Drawn above the lines. */
	readonly graph?: Graph;
	/**
	 * Yields later lines in the order in which they are shown. Called once, when `lines` are on the screen. Ends by itself (an error is shown
	 * in the text) or with `context.signal` when the text is closed. Lines not consumed yet wait: nothing is dropped.
	 */
	readonly follow?: (context: Context) => AsyncIterable<readonly DocumentLine[]>;
};

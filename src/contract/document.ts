import type {Context} from './context.ts';
import type {Severity} from './row.ts';

export type DocumentLine = {
	readonly text: string;
	readonly severity?: Severity;
	readonly loud?: boolean;
	/** When it was written, RFC 3339 as the system gave it: shown before the text while time stamps are on. */
	readonly at?: string;
	/** What it is of, where a text has lines of several things: a short name, in the same colour for the same number. */
	readonly sourceLabel?: {readonly text: string; readonly hue: number};
};

export type GraphSeries = {
	/** What tells it from the others. */
	readonly label: string;
	/** Epoch milliseconds, ascending, and the value. Undefined is a gap, which no line crosses: nothing was there, or no finite number. */
	readonly points: readonly (readonly [at: number, value: number | undefined])[];
};

/** Lines over time. Data only: the screen draws it as large as there is room. */
export type Graph = {
	readonly title: string;
	/** Epoch milliseconds: both ends of the time axis. */
	readonly from: number;
	readonly to: number;
	/** The most telling first: when there is no room for all, those are drawn. */
	readonly series: readonly GraphSeries[];
	/** Series that the answer had and this does not. Told; never hidden. */
	readonly omitted: number;
};

export type Document = {
	readonly title: string;
	readonly lines: readonly DocumentLine[];
	readonly cliEquivalent: readonly string[];
	/** Drawn above the lines. */
	readonly graph?: Graph;
	/**
	 * Lines that come later, in the order in which they are shown. Called once, when `lines` are on the screen; ends by itself, when what it
	 * throws is told in the text, or with `context.signal` when the text is closed. What is not taken yet waits: nothing has to be dropped.
	 */
	readonly follow?: (context: Context) => AsyncIterable<readonly DocumentLine[]>;
};

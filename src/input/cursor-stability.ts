import type {RowKey} from '../table/build-view.ts';
import type {Clock} from '../time/clock.ts';

/** An action key this soon after the row under the cursor changed may have been meant for the row before. */
export const stableAfterMs = 1000;

/** What of a pane is on the screen. */
export type PaintedPage = {
	/** How many rows a page has. */
	readonly rows: number;
	/** Of each line of the pane, which of its rows is on it. */
	readonly rowsAt: readonly (number | undefined)[];
	/** The row under the cursor: which of the pane's rows it is, and its key. */
	readonly cursorRow: number | undefined;
	readonly selected: RowKey | undefined;
};

/** Notices when another row, or another line, comes under the cursor of the focused pane without a key. */
export type CursorStability = {
	/** A frame with this page of the focused pane is on the screen. */
	painted(pane: string, page: PaintedPage): void;
	/** A key was handled, and this row is under the cursor now. `places`: the key chose it. */
	keyHandled(pane: string, selected: RowKey | undefined, places: boolean): void;
	isStable(pane: string, selected: RowKey | undefined): boolean;
};

type CursorObservation = {
	readonly pane: string;
	readonly selected: RowKey | undefined;
	/** The line of the pane that it is drawn on; undefined until it is drawn. */
	readonly line: number | undefined;
	/** When it came there by itself; undefined when a key put it there. */
	readonly since: number | undefined;
};

const lineOf = ({rowsAt, cursorRow}: PaintedPage): number | undefined => {
	const line = cursorRow === undefined ? -1 : rowsAt.indexOf(cursorRow);
	return line < 0 ? undefined : line;
};

export function createCursorStability(clock: Pick<Clock, 'monotonic'>): CursorStability {
	let under: CursorObservation | undefined;
	/** The line of the cursor may change with the next frame: a key asked for it. */
	let awaitsFrame = false;

	return {
		painted(pane, page) {
			const {selected} = page;
			const line = lineOf(page);
			const known = under;
			const same = known?.pane === pane && known.selected === selected && (awaitsFrame || known.line === line);
			awaitsFrame = false;
			under = {pane, selected, line, since: same ? known.since : clock.monotonic()};
		},
		keyHandled(pane, selected, places) {
			const same = under?.pane === pane && under.selected === selected;
			const since = same && !places ? under?.since : undefined;
			under = {pane, selected, line: same ? under?.line : undefined, since};
			awaitsFrame = true;
		},
		isStable(pane, selected) {
			if (under === undefined) return true;
			if (under.pane !== pane || under.selected !== selected) return false;
			return under.since === undefined || clock.monotonic() - under.since >= stableAfterMs;
		},
	};
}

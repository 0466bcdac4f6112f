import type {RowKey} from '../table/build-view.ts';
import type {Clock} from '../time/clock.ts';

/** An action key within this time after the row under the cursor changed may be meant for the previous row. */
export const stableAfterMs = 1000;

/** The part of a pane that is on the screen. */
export type PaintedPage = {
	/** Number of rows of a page. */
	readonly rows: number;
	/** For each line of the pane, the index of its row. */
	readonly rowsAt: readonly (number | undefined)[];
	/** The row under the cursor: its index in the pane, and its key. */
	readonly cursorRow: number | undefined;
	readonly selected: RowKey | undefined;
};

/** Detects that another row, or the row on another line, comes under the cursor of the focused pane without a key. */
export type CursorStability = {
	/** A frame with this page of the focused pane is on the screen. */
	painted(pane: string, page: PaintedPage): void;
	/** A key was handled, and this row is under the cursor now. `places`: the key selected it. */
	keyHandled(pane: string, selected: RowKey | undefined, places: boolean): void;
	isStable(pane: string, selected: RowKey | undefined): boolean;
};

type CursorObservation = {
	readonly pane: string;
	readonly selected: RowKey | undefined;
	/** The line of the pane that it is painted on; undefined until it is painted. */
	readonly line: number | undefined;
	/** When it came there without a key; undefined when a key selected it. */
	readonly since: number | undefined;
};

const lineOf = ({rowsAt, cursorRow}: PaintedPage): number | undefined => {
	const line = cursorRow === undefined ? -1 : rowsAt.indexOf(cursorRow);
	return line < 0 ? undefined : line;
};

export function createCursorStability(clock: Pick<Clock, 'monotonic'>): CursorStability {
	let under: CursorObservation | undefined;
	/** The line of the cursor may change with the next frame, because of a key. */
	let awaitsFrame = false;

	return {
		painted(pane, page) {
			const {selected} = page;
			const line = lineOf(page);
			const previous = under;
			const isSameRow =
				previous?.pane === pane && previous.selected === selected && (awaitsFrame || previous.line === line);
			awaitsFrame = false;
			under = {pane, selected, line, since: isSameRow ? previous.since : clock.monotonic()};
		},
		keyHandled(pane, selected, places) {
			const isSameRow = under?.pane === pane && under.selected === selected;
			const since = isSameRow && !places ? under?.since : undefined;
			under = {pane, selected, line: isSameRow ? under?.line : undefined, since};
			awaitsFrame = true;
		},
		isStable(pane, selected) {
			if (under === undefined) return true;
			if (under.pane !== pane || under.selected !== selected) return false;
			return under.since === undefined || clock.monotonic() - under.since >= stableAfterMs;
		},
	};
}

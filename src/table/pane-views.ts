import {type Pane, sectionKinds} from '../contract/pane.ts';
import type {Reading} from '../contract/reading.ts';
import type {Clock} from '../time/clock.ts';
import {processTimeBudget, type TimeBudget} from '../time/yield.ts';
import {buildPaneViewInSlices, type PaneView, runToCompletion} from './build-view.ts';

/** What the user requested of a pane. Its view is built again when one of these changes. */
export type ViewQuery = {
	readonly filter: string;
	readonly problemsOnly?: boolean;
	readonly target: string | undefined;
	readonly orders: Readonly<Record<string, number>>;
};

export type PaneViewsOptions = {
	readonly clock: Clock;
	readonly budget?: TimeBudget | undefined;
	/** The readings of all panes; the same array means that nothing was read since. */
	readings(): readonly Reading[];
	pane(id: string): Pane;
	query(id: string): ViewQuery;
	/** The pane that is built before all others. */
	focused(): string;
	/** Called when a view is newer than `view` returned it. */
	changed(): void;
};

/** The views of all panes, built in slices of the time budget: keys, timers and polls do not wait for them, however many rows there are. */
export type PaneViews = {
	/**
	 * Returns the current view. While a view of many new rows is being built it is the previous one, complete: never a mixture.
	 * @throws what a column threw.
	 */
	view(pane: string): PaneView;
	/** Builds the view for the current query now, if that has not happened yet, however long it takes. */
	flushView(pane: string): void;
	/** Keeps the order of the rows for a second. */
	holdRows(): void;
	close(): void;
};

/** Rows do not move for this long after a key. */
const holdMs = 1000;

type BuiltView = {
	readonly all: readonly Reading[];
	/** The readings of this pane's sections. */
	readonly readings: readonly Reading[];
	readonly query: ViewQuery;
	readonly held: boolean;
	readonly view: PaneView;
};

type ViewJob = Omit<BuiltView, 'view'> & {
	readonly work: Generator<undefined, PaneView>;
	/** What a column threw. `view` throws it until the query or the readings change. */
	failure?: {readonly error: unknown};
};

const hasSameItems = (a: readonly unknown[], b: readonly unknown[]): boolean =>
	a === b || (a.length === b.length && a.every((item, index) => item === b[index]));

const isSameQuery = (a: ViewQuery, b: ViewQuery): boolean =>
	a.filter === b.filter && a.problemsOnly === b.problemsOnly && a.target === b.target && a.orders === b.orders;

/**
 * Decides what to do for a pane: nothing (its view is current), go on with the job, or start a job with the order of the rows held or not.
 * `isHolding`: rows do not move at the moment.
 */
function nextStep(
	built: BuiltView | undefined,
	job: ViewJob | undefined,
	{query, readings}: Pick<BuiltView, 'query' | 'readings'>,
	isHolding: boolean,
): 'nothing' | 'continue' | 'start' | 'start held' {
	const isSameAsBuilt = built !== undefined && isSameQuery(built.query, query);
	if (isSameAsBuilt && hasSameItems(built.readings, readings) && (isHolding || !built.held)) return 'nothing';
	const hold = isSameAsBuilt && isHolding;
	// A job is finished although newer rows arrived: otherwise fast reads would never let one end.
	const continues =
		job !== undefined &&
		isSameQuery(job.query, query) &&
		(job.held || !hold) &&
		(job.failure === undefined || hasSameItems(job.readings, readings));
	if (continues) return 'continue';
	return hold ? 'start held' : 'start';
}

/** The last view of each pane, and the jobs that build the next ones. */
function createViewBuilder(options: PaneViewsOptions, isHolding: () => boolean, budget: TimeBudget) {
	const built = new Map<string, BuiltView>();
	const jobs = new Map<string, ViewJob>();

	/** Returns the job of a pane, a new one where necessary; undefined when its view is current. */
	function currentJob(id: string): ViewJob | undefined {
		const before = built.get(id);
		const job = jobs.get(id);
		const pane = options.pane(id);
		const all = options.readings();
		const query = options.query(id);
		const kinds = pane.sections.flatMap(sectionKinds);
		const readings = before?.all === all ? before.readings : all.filter(reading => kinds.includes(reading.kind));
		const step = nextStep(before, job, {query, readings}, isHolding());
		if (step === 'continue') return job;
		if (step === 'nothing') {
			jobs.delete(id);
			if (before !== undefined && before.all !== all) built.set(id, {...before, all});
			return undefined;
		}
		const held = step === 'start held';
		const now = options.clock.now();
		const work = buildPaneViewInSlices(pane, readings, {...query, now, keepOrder: held}, before?.view);
		const started: ViewJob = {all, readings, query, held, work};
		jobs.set(id, started);
		return started;
	}

	function finish(id: string, {all, readings, query, held}: ViewJob, view: PaneView): void {
		if (held && built.get(id)?.held !== true) options.clock.after(holdMs, options.changed);
		jobs.delete(id);
		built.set(id, {all, readings, query, held, view});
	}

	return {
		viewOf: (id: string) => built.get(id),
		/** Panes with work left. */
		pending: () => [...jobs].filter(([, job]) => job.failure === undefined).map(([id]) => id),
		/**
		 * Works on a view within the time budget, or to its end when nothing is built yet. `new`: the view is another one than before.
		 * @throws what a column threw.
		 */
		advance(id: string, toEnd = false): 'new' | 'same' | 'unfinished' {
			const job = currentJob(id);
			if (job === undefined) return 'same';
			if (job.failure !== undefined) throw job.failure.error;
			try {
				if (toEnd || !built.has(id)) {
					finish(id, job, runToCompletion(job.work));
					return 'new';
				}
				while (!budget.isOver()) {
					const step = job.work.next();
					if (step.done !== true) continue;
					finish(id, job, step.value);
					return 'new';
				}
				return 'unfinished';
			} catch (error) {
				job.failure = {error};
				throw error;
			}
		},
		close: () => jobs.clear(),
	};
}

export function createPaneViews(options: PaneViewsOptions): PaneViews {
	const {clock, changed, budget = processTimeBudget} = options;
	let touchedAt = Number.NEGATIVE_INFINITY;
	let cancelTurn: (() => void) | undefined;
	const builder = createViewBuilder(options, () => clock.monotonic() - touchedAt < holdMs, budget);

	/** Returns true when the view is a new one. */
	function advance(id: string, toEnd = false): boolean {
		const result = builder.advance(id, toEnd);
		if (result === 'unfinished') continueLater();
		return result === 'new';
	}

	function continueLater(): void {
		cancelTurn ??= budget.afterYield(() => {
			cancelTurn = undefined;
			const focused = options.focused();
			const pending = builder.pending().sort((a, b) => Number(b === focused) - Number(a === focused));
			if (pending.map(tryAdvance).includes(true)) changed();
		});
	}

	/** An error is thrown by `view` to the painter of the pane; here no one could show it. */
	function tryAdvance(id: string): boolean {
		try {
			return advance(id);
		} catch {
			return true;
		}
	}

	return {
		view(id) {
			if (id !== options.focused()) tryAdvance(options.focused());
			advance(id);
			const current = builder.viewOf(id);
			if (current === undefined) throw new Error(`the view of ${id} was not built`);
			return current.view;
		},
		flushView(id) {
			const before = builder.viewOf(id);
			if (before === undefined || isSameQuery(before.query, options.query(id))) return;
			if (advance(id, true)) changed();
		},
		holdRows() {
			touchedAt = clock.monotonic();
		},
		close() {
			cancelTurn?.();
			builder.close();
		},
	};
}

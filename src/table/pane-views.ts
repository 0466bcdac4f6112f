import {type Pane, sectionKinds} from '../contract/pane.ts';
import type {Reading} from '../contract/reading.ts';
import type {Clock} from '../time/clock.ts';
import {buildPaneViewInSlices, type PaneView, runToCompletion} from './build-view.ts';

/** What the person asked of a pane: it is answered anew when one of these changes. */
export type ViewQuery = {
	readonly filter: string;
	readonly problemsOnly?: boolean;
	readonly target: string | undefined;
	readonly orders: Readonly<Record<string, number>>;
};

export type PaneViewsOptions = {
	readonly clock: Clock;
	/** Of all panes; the same array means that nothing was read since. */
	readings(): readonly Reading[];
	pane(id: string): Pane;
	query(id: string): ViewQuery;
	/** Goes before all others. */
	focused(): string;
	/** A view is newer than it was when it was asked for. */
	changed(): void;
};

/** What the panes show, arranged a slice at a time: however many rows there are, keys, timers and polls are not kept waiting for them. */
export type PaneViews = {
	/** As it is now. While many new rows are arranged it is the one before, whole: it is never half of each. */
	view(pane: string): PaneView;
	/** Answers what was asked of the pane, if it is not answered yet, however long it takes. */
	flushView(pane: string): void;
	/** Rows stay where they are for a second. */
	holdRows(): void;
	close(): void;
};

/** Rows do not move for this long after a key. */
const holdMs = 1000;
/** Arranging takes no longer in one turn of the event loop: reading, drawing and a collection have to go into the same 50. */
const timeBudgetMs = 5;

type BuiltView = {
	readonly all: readonly Reading[];
	/** Of this pane's sections. */
	readonly readings: readonly Reading[];
	readonly question: ViewQuery;
	readonly held: boolean;
	readonly view: PaneView;
};

type ViewJob = Omit<BuiltView, 'view'> & {
	readonly work: Generator<undefined, PaneView>;
	/** What a column threw. It is thrown at everyone who looks, until there is something else to look at. */
	failure?: {readonly error: unknown};
};

const sameAs = (one: readonly unknown[], other: readonly unknown[]): boolean =>
	one === other || (one.length === other.length && one.every((part, index) => part === other[index]));

const sameQuestion = (one: ViewQuery, other: ViewQuery): boolean =>
	one.filter === other.filter &&
	one.problemsOnly === other.problemsOnly &&
	one.target === other.target &&
	one.orders === other.orders;

export function createPaneViews(options: PaneViewsOptions): PaneViews {
	const {clock, changed} = options;
	const arranged = new Map<string, BuiltView>();
	const jobs = new Map<string, ViewJob>();
	let touchedAt = Number.NEGATIVE_INFINITY;
	let spentMs = 0;
	let callOff: (() => void) | undefined;

	const isStill = () => clock.monotonic() - touchedAt < holdMs;

	/** What is to be done for a pane; undefined when its view is as it should be. */
	function jobOf(id: string): ViewJob | undefined {
		const before = arranged.get(id);
		const job = jobs.get(id);
		const pane = options.pane(id);
		const all = options.readings();
		const question = options.query(id);
		const kinds = pane.sections.flatMap(sectionKinds);
		const readings = before?.all === all ? before.readings : all.filter(reading => kinds.includes(reading.kind));
		const asked = before !== undefined && sameQuestion(before.question, question);
		if (asked && sameAs(before.readings, readings) && (isStill() || !before.held)) {
			jobs.delete(id);
			if (before.all !== all) arranged.set(id, {...before, all});
			return undefined;
		}
		const hold = asked && isStill();
		// One that is under way is finished though more was read meanwhile; else fast reads would never let one end.
		const goesOn =
			job !== undefined &&
			sameQuestion(job.question, question) &&
			(job.held || !hold) &&
			(job.failure === undefined || sameAs(job.readings, readings));
		if (goesOn) return job;
		const work = buildPaneViewInSlices(pane, readings, {...question, now: clock.now(), keepOrder: hold}, before?.view);
		const made: ViewJob = {all, readings, question, held: hold, work};
		jobs.set(id, made);
		return made;
	}

	function finish(id: string, job: ViewJob, view: PaneView): void {
		const {all, readings, question, held} = job;
		if (held && arranged.get(id)?.held !== true) clock.after(holdMs, changed);
		jobs.delete(id);
		arranged.set(id, {all, readings, question, held, view});
	}

	/** As far as this turn's time goes; a pane that shows nothing yet is not left without. @returns true when its view is a new one. */
	function advance(id: string, whole = false): boolean {
		const job = jobOf(id);
		if (job === undefined) return false;
		if (job.failure !== undefined) throw job.failure.error;
		const startedAt = clock.monotonic() - spentMs;
		try {
			if (whole || !arranged.has(id)) {
				finish(id, job, runToCompletion(job.work));
				return true;
			}
			while (spentMs < timeBudgetMs) {
				const step = job.work.next();
				spentMs = clock.monotonic() - startedAt;
				if (step.done !== true) continue;
				finish(id, job, step.value);
				return true;
			}
			return false;
		} catch (error) {
			job.failure = {error};
			throw error;
		} finally {
			spentMs = clock.monotonic() - startedAt;
			if (spentMs > 0) later();
		}
	}

	/** The next turn has its own time. */
	function later(): void {
		callOff ??= clock.after(0, () => {
			callOff = undefined;
			spentMs = 0;
			const focused = options.focused();
			const waiting = [...jobs].filter(([, job]) => job.failure === undefined).map(([id]) => id);
			const ended = waiting.sort((a, b) => Number(b === focused) - Number(a === focused)).map(proceed);
			if (ended.includes(true)) changed();
		});
	}

	/** Whoever draws the pane is told what it threw; here nobody could be. */
	function proceed(id: string): boolean {
		try {
			return advance(id);
		} catch {
			return true;
		}
	}

	return {
		view(id) {
			if (id !== options.focused()) proceed(options.focused());
			advance(id);
			const found = arranged.get(id);
			if (found === undefined) throw new Error(`${id} was not arranged`);
			return found.view;
		},
		flushView(id) {
			const before = arranged.get(id);
			if (before === undefined || sameQuestion(before.question, options.query(id))) return;
			if (advance(id, true)) changed();
		},
		holdRows() {
			touchedAt = clock.monotonic();
		},
		close() {
			callOff?.();
			jobs.clear();
		},
	};
}

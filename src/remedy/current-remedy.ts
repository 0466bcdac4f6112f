import type {Audit} from '../audit/audit-log.ts';
import {AdapterError, messageOf} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {createStore, type Store} from '../watch/store.ts';
import {reduce} from './reduce.ts';
import {refusalEntry} from './remedy-entries.ts';
import {
	hasEnded,
	isInProgress,
	isRecordedRefusal,
	isSettling,
	type Remedy,
	type RemedyEvent,
	type RemedyState,
} from './remedy-state.ts';
import type {RunContext} from './run-context.ts';

type Untimed<E> = E extends RemedyEvent ? Omit<E, 'at'> : never;

/** The current remedy, the earlier ones that are still verified, and their promises in flight. Applies every event. */
export type CurrentRemedy = {
	readonly state: Store<Remedy | undefined>;
	/** Sent remedies that are verified while another one is current. Oldest first. */
	readonly settling: Store<readonly Remedy[]>;
	/** Confirmed remedies that have not ended: `settling`, then the current one. */
	inProgress(): readonly Remedy[];
	/** Makes another remedy the current one. The previous one has ended, or moves to `settling`. */
	replace(run: RunContext, remedy: Remedy): void;
	run(): RunContext | undefined;
	/** Calls back with each confirmed remedy when it has ended. @returns unsubscribe */
	onEnd(listener: (remedy: Remedy) => void): () => void;
	/** The remedy of this run, if it is in that state. */
	inState<S extends RemedyState>(run: RunContext, state: S): Extract<Remedy, {readonly state: S}> | undefined;
	/**
	 * Applies an event, at the present time, to the remedy of this run. With `from`, only while the remedy is in that state, so that the result
	 * of a slow read cannot reach a later state. @returns the next state, or undefined when nothing was applied
	 */
	step(run: RunContext, event: Untimed<RemedyEvent>, from?: RemedyState): Remedy | undefined;
	/** Ends the remedy of this run as refused, if nothing was sent yet. */
	refuse(run: RunContext, reason: string, hint: string): void;
	/** Registers a promise that `settled` waits for. */
	track<T>(flow: Promise<T>): Promise<T>;
	/** Resolves when the last refusal is recorded, or could not be. */
	refusalsRecorded(): Promise<unknown>;
	/** Resolves when no tracked promise is pending. */
	settled(): Promise<void>;
};

export function createCurrentRemedy(options: {
	readonly clock: Clock;
	readonly audit: Pick<Audit, 'append'>;
}): CurrentRemedy {
	const {clock, audit} = options;
	const state = createStore<Remedy | undefined>(undefined);
	const settling = createStore<readonly Remedy[]>([]);
	const listeners = new Set<(remedy: Remedy) => void>();
	const {track, settled} = createFlows();
	let currentRun: RunContext | undefined;
	let lastRefusal: Promise<unknown> = Promise.resolve();

	function handleEnd(run: RunContext, remedy: Remedy): void {
		run.reads.abort(new AdapterError('timeout', 'the remedy has ended', 'nothing to do'));
		if (!isRecordedRefusal(remedy)) return;
		// Nothing was sent, so a refusal may be missing in the record; that it is missing is shown.
		const recording = audit.append(refusalEntry(remedy, run)).then(
			() => step(run, {type: 'recorded'}),
			(error: unknown) => step(run, {type: 'record-failed', message: messageOf(error)}),
		);
		lastRefusal = track(recording);
	}

	const remedyOf = (run: RunContext): Remedy | undefined =>
		[state.get(), ...settling.get()].find(remedy => remedy?.id === run.id);

	function store(next: Remedy): void {
		if (state.get()?.id === next.id) state.set(next);
		else settling.set(settling.get().flatMap(remedy => (remedy.id !== next.id ? remedy : hasEnded(next) ? [] : next)));
	}

	function step(run: RunContext, event: Untimed<RemedyEvent>, from?: RemedyState): Remedy | undefined {
		const before = remedyOf(run);
		if (before === undefined || (from !== undefined && before.state !== from)) return undefined;
		const after = reduce(before, {...event, at: clock.monotonic()});
		store(after);
		if (hasEnded(before) || !hasEnded(after)) return after;
		handleEnd(run, after);
		if (isInProgress(before)) for (const listener of [...listeners]) listener(after);
		return after;
	}

	return {
		state,
		settling,
		inProgress() {
			const remedy = state.get();
			return remedy !== undefined && isInProgress(remedy) ? [...settling.get(), remedy] : settling.get();
		},
		replace(run, remedy) {
			const before = state.get();
			if (before !== undefined && isSettling(before)) settling.set([...settling.get(), before]);
			currentRun = run;
			state.set(remedy);
		},
		run: () => currentRun,
		onEnd(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		inState(run, wanted) {
			const remedy = remedyOf(run);
			return remedy !== undefined && isIn(remedy, wanted) ? remedy : undefined;
		},
		step,
		refuse: (run, reason, hint) => void step(run, {type: 'refused', reason, hint}),
		track,
		refusalsRecorded: () => lastRefusal,
		settled,
	};
}

const isIn = <S extends RemedyState>(remedy: Remedy, state: S): remedy is Extract<Remedy, {readonly state: S}> =>
	remedy.state === state;

/** Promises in flight. */
function createFlows(): Pick<CurrentRemedy, 'track' | 'settled'> {
	const flows = new Set<Promise<unknown>>();
	return {
		track(flow) {
			const tracked: Promise<unknown> = flow.then(
				() => flows.delete(tracked),
				() => flows.delete(tracked),
			);
			flows.add(tracked);
			return flow;
		},
		async settled() {
			// A flow that ends may start another: a refusal is recorded after its remedy has ended.
			while (flows.size > 0) await Promise.all(flows);
		},
	};
}

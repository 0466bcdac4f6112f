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

/** The one remedy in hand, those that settle beside it, and what is under way for them. */
export type CurrentRemedy = {
	readonly state: Store<Remedy | undefined>;
	/** Sent, and looked at until they have settled, while another is in hand. Oldest first. */
	readonly settling: Store<readonly Remedy[]>;
	/** Puts another remedy in the place of the one that has ended, or of one that settles, which then does so aside. */
	replace(runContext: RunContext, remedy: Remedy): void;
	job(): RunContext | undefined;
	/** Calls back with each remedy that was confirmed, when it has ended. Returns the way to stop. */
	onEnd(listener: (remedy: Remedy) => void): () => void;
	/** The remedy of this job, if it is still there and in that state. */
	inState<S extends RemedyState>(job: RunContext, state: S): Extract<Remedy, {readonly state: S}> | undefined;
	/**
	 * Takes what happened, now, to the remedy of this job if it is still there and, when given, still in that state: what a slow look
	 * brings must not reach a later state.
	 */
	step(job: RunContext, event: Untimed<RemedyEvent>, from?: RemedyState): Remedy | undefined;
	/** Keeps what is under way, for `settled`. */
	track<T>(flow: Promise<T>): Promise<T>;
	/** When the refusals so far are recorded, or it is known that they cannot be. */
	refusalsRecorded(): Promise<unknown>;
	/** When nothing is under way. */
	settled(): Promise<void>;
};

export function createCurrentRemedy(options: {
	readonly clock: Clock;
	readonly audit: Pick<Audit, 'append'>;
}): CurrentRemedy {
	const {clock, audit} = options;
	const state = createStore<Remedy | undefined>(undefined);
	const aside = createStore<readonly Remedy[]>([]);
	const listeners = new Set<(remedy: Remedy) => void>();
	const flows = new Set<Promise<unknown>>();
	let inHand: RunContext | undefined;
	let refusal: Promise<unknown> = Promise.resolve();

	function track<T>(flow: Promise<T>): Promise<T> {
		const kept: Promise<unknown> = flow.then(
			() => flows.delete(kept),
			() => flows.delete(kept),
		);
		flows.add(kept);
		return flow;
	}

	function ended(job: RunContext, remedy: Remedy): void {
		job.reads.abort(new AdapterError('timeout', 'not waited for any longer', 'nothing to do'));
		if (!isRecordedRefusal(remedy)) return;
		// Where a refusal cannot be recorded nothing is missing: nothing was done. That it is not in the record is told.
		const recording = audit.append(refusalEntry(remedy, job)).then(
			() => step(job, {type: 'recorded'}),
			(error: unknown) => step(job, {type: 'record-failed', message: messageOf(error)}),
		);
		refusal = track(recording);
	}

	const remedyOf = (job: RunContext): Remedy | undefined =>
		[state.get(), ...aside.get()].find(remedy => remedy?.id === job.id);

	function put(remedy: Remedy): void {
		if (state.get()?.id === remedy.id) state.set(remedy);
		else aside.set(aside.get().flatMap(one => (one.id !== remedy.id ? one : hasEnded(remedy) ? [] : remedy)));
	}

	function step(job: RunContext, event: Untimed<RemedyEvent>, from?: RemedyState): Remedy | undefined {
		const before = remedyOf(job);
		if (before === undefined || (from !== undefined && before.state !== from)) return undefined;
		const after = reduce(before, {...event, at: clock.monotonic()});
		put(after);
		if (hasEnded(before) || !hasEnded(after)) return after;
		ended(job, after);
		if (isInProgress(before)) for (const listener of [...listeners]) listener(after);
		return after;
	}

	return {
		state,
		settling: aside,
		replace(job, remedy) {
			const before = state.get();
			if (before !== undefined && isSettling(before)) aside.set([...aside.get(), before]);
			inHand = job;
			state.set(remedy);
		},
		job: () => inHand,
		onEnd(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		inState(job, wanted) {
			const remedy = remedyOf(job);
			return remedy !== undefined && isIn(remedy, wanted) ? remedy : undefined;
		},
		step,
		track,
		refusalsRecorded: () => refusal,
		async settled() {
			// One that ends may begin another: a refusal is recorded when its remedy has ended.
			while (flows.size > 0) await Promise.all(flows);
		},
	};
}

const isIn = <S extends RemedyState>(remedy: Remedy, state: S): remedy is Extract<Remedy, {readonly state: S}> =>
	remedy.state === state;

import {messageOf} from '../errors.ts';
import {reasonProblem} from '../policy/demand.ts';
import type {Clock} from '../time/clock.ts';
import {createStore, type Store} from '../watch/store.ts';
import type {Audit} from './audit-log.ts';
import type {Delivery} from './delivery.ts';

/** What has to be typed. */
export const breakGlassWord = 'break-glass';

/** It holds for this long at most. */
const breakGlassMs = 10 * 60_000;

/** Acting although a required sink takes nothing: recorded here first, with a reason, and over by itself. */
export type BreakGlass = {
	/** While it holds: the id of its record. */
	readonly state: Store<{readonly record: string} | undefined>;
	/** Whether a required sink takes nothing. */
	isNeeded(): boolean;
	/** @returns what is wrong, or undefined when it holds. */
	activate(given: {readonly word: string; readonly reason: string}): Promise<string | undefined>;
	close(): void;
};

export function createBreakGlass({
	audit,
	delivery,
	clock,
}: {
	/** The log itself: what is written to it here waits for no sink. */
	readonly audit: Pick<Audit, 'append'>;
	readonly delivery: Pick<Delivery, 'state' | 'push'>;
	readonly clock: Clock;
}): BreakGlass {
	const state = createStore<{readonly record: string} | undefined>(undefined);
	let callOff = () => {};

	const required = () => delivery.state.get().filter(sink => sink.required);
	const failing = () => required().filter(({failure: trouble}) => trouble !== undefined);

	const recordEnd = (of: string, note: string): Promise<void> =>
		audit.append({kind: 'break-glass-end', of, note}).then(delivery.push, () => {});

	async function end(note: string): Promise<void> {
		const held = state.get();
		if (held === undefined) return;
		callOff();
		state.set(undefined);
		// Less is allowed from now on whether this can be recorded or not.
		await recordEnd(held.record, note);
	}

	const stop = delivery.state.subscribe(() => {
		if (required().every(({pendingRecords: waiting, failure: trouble}) => waiting === 0 && trouble === undefined))
			void end('everything was delivered');
	});

	return {
		state,
		isNeeded: () => failing().length > 0,
		async activate({word, reason}) {
			const sinks = failing();
			if (sinks.length === 0) return 'every required sink takes records: there is nothing to break';
			if (word.trim() !== breakGlassWord) return `type ${breakGlassWord} to go on`;
			const wrong = reasonProblem(reason);
			if (wrong !== undefined) return wrong;
			try {
				const note = sinks
					.map(({name, failure: trouble}) => `${name}: ${trouble?.message ?? 'records wait'}`)
					.join('; ');
				const record = await audit.append({
					kind: 'break-glass',
					confirmation: {method: 'type', reason: reason.trim()},
					note,
				});
				const before = state.get();
				callOff();
				callOff = clock.after(breakGlassMs, () => void end('it has held for 10 minutes'));
				state.set({record: record.id});
				delivery.push(record);
				if (before !== undefined) await recordEnd(before.record, 'it was broken again');
				return undefined;
			} catch (error) {
				return messageOf(error);
			}
		},
		close() {
			stop();
			callOff();
		},
	};
}

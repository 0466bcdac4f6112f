import {messageOf} from '../errors.ts';
import {reasonProblem} from '../policy/demand.ts';
import type {Clock} from '../time/clock.ts';
import {createStore, type Store} from '../watch/store.ts';
import type {Audit} from './audit-log.ts';
import type {Delivery} from './delivery.ts';

/** The word that has to be typed. */
export const breakGlassWord = 'break-glass';

/** Longest duration. */
const maxActiveMs = 10 * 60_000;

/** Lets actions run although a required sink accepts no records. Starts with a record that has the reason, and expires. */
export type BreakGlass = {
	/** The id of its record while it is active. */
	readonly state: Store<{readonly record: string} | undefined>;
	/** Whether a required sink accepts no records. */
	isNeeded(): boolean;
	/** @returns why it was not activated, or undefined when it is active */
	activate(answer: {readonly word: string; readonly reason: string}): Promise<string | undefined>;
	close(): void;
};

export function createBreakGlass({
	audit,
	delivery,
	clock,
}: {
	/** The log without sinks: records of break-glass itself wait for no sink. */
	readonly audit: Pick<Audit, 'append'>;
	readonly delivery: Pick<Delivery, 'state' | 'push'>;
	readonly clock: Clock;
}): BreakGlass {
	const state = createStore<{readonly record: string} | undefined>(undefined);
	let cancel = () => {};

	const required = () => delivery.state.get().filter(sink => sink.required);
	const failing = () => required().filter(({failure}) => failure !== undefined);

	const recordEnd = (of: string, note: string): Promise<void> =>
		audit.append({kind: 'break-glass-end', of, note}).then(delivery.push, () => {});

	async function end(note: string): Promise<void> {
		const active = state.get();
		if (active === undefined) return;
		cancel();
		state.set(undefined);
		// It ends whether this can be recorded or not.
		await recordEnd(active.record, note);
	}

	const unsubscribe = delivery.state.subscribe(() => {
		if (required().every(({pendingRecords, failure}) => pendingRecords === 0 && failure === undefined))
			void end('everything was delivered');
	});

	return {
		state,
		isNeeded: () => failing().length > 0,
		async activate({word, reason}) {
			const sinks = failing();
			if (sinks.length === 0) return 'every required sink accepts records: break-glass is not needed';
			if (word.trim() !== breakGlassWord) return `type ${breakGlassWord} to go on`;
			const problem = reasonProblem(reason);
			if (problem !== undefined) return problem;
			try {
				const note = sinks.map(({name, failure}) => `${name}: ${failure?.message ?? 'records are pending'}`).join('; ');
				const record = await audit.append({
					kind: 'break-glass',
					confirmation: {method: 'type', reason: reason.trim()},
					note,
				});
				const before = state.get();
				cancel();
				cancel = clock.after(maxActiveMs, () => void end('10 minutes are over'));
				state.set({record: record.id});
				delivery.push(record);
				if (before !== undefined) await recordEnd(before.record, 'it was activated again');
				return undefined;
			} catch (error) {
				return messageOf(error);
			}
		},
		close() {
			unsubscribe();
			cancel();
		},
	};
}

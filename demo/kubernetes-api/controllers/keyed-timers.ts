import type {Clock} from '../../../src/time/clock.ts';

/** At most one timer a key. */
export type KeyedTimers = {
	/** Calls at that time, in epoch milliseconds, instead of at the time that was set for this key before. */
	set(key: string, at: number, call: () => void): void;
	cancel(key: string): void;
	isSet(key: string): boolean;
	cancelAll(): void;
};

export function createKeyedTimers(clock: Clock): KeyedTimers {
	const cancels = new Map<string, () => void>();

	function cancel(key: string) {
		cancels.get(key)?.();
		cancels.delete(key);
	}

	return {
		set(key, at, call) {
			cancel(key);
			const cancelTimer = clock.after(Math.max(0, at - clock.now()), () => {
				cancels.delete(key);
				call();
			});
			cancels.set(key, cancelTimer);
		},
		cancel,
		isSet: key => cancels.has(key),
		cancelAll() {
			for (const key of [...cancels.keys()]) cancel(key);
		},
	};
}

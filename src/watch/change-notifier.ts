import type {Clock} from '../time/clock.ts';

/** Calls its listeners once for all changes of one tick. */
export type ChangeNotifier = {
	/** Reports a change. */
	notify(): void;
	subscribe(listener: () => void): () => void;
	/** No listener is called any more. */
	close(): void;
};

/** Calls `invalidate` at every change, before any listener. */
export function createChangeNotifier(clock: Clock, invalidate: () => void): ChangeNotifier {
	const listeners = new Set<() => void>();
	let cancelTimer: (() => void) | undefined;
	let closed = false;
	return {
		notify() {
			invalidate();
			if (closed) return;
			cancelTimer ??= clock.after(0, () => {
				cancelTimer = undefined;
				for (const listener of [...listeners]) listener();
			});
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		close() {
			closed = true;
			cancelTimer?.();
			cancelTimer = undefined;
		},
	};
}

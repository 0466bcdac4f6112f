import type {Clock} from '../time/clock.ts';

/** Tells listeners once of all that changed in one tick. */
export type ChangeNotifier = {
	/** Something changed. */
	notify(): void;
	subscribe(listener: () => void): () => void;
	/** Nobody is told of anything any more. */
	close(): void;
};

/** `invalidate` is called at every change, before anyone can look. */
export function createChangeNotifier(clock: Clock, invalidate: () => void): ChangeNotifier {
	const listeners = new Set<() => void>();
	let callOff: (() => void) | undefined;
	let closed = false;
	return {
		notify() {
			invalidate();
			if (closed) return;
			callOff ??= clock.after(0, () => {
				callOff = undefined;
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
			callOff?.();
			callOff = undefined;
		},
	};
}

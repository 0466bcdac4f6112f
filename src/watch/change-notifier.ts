import type {Clock} from '../time/clock.ts';

/** Tells listeners once of all that changed in one tick. */
export type Changes = {
	/** Something changed. */
	tell(): void;
	subscribe(listener: () => void): () => void;
	/** Nobody is told of anything any more. */
	close(): void;
};

/** `invalidate` is called at every change, before anyone can look. */
export function createChanges(clock: Clock, invalidate: () => void): Changes {
	const listeners = new Set<() => void>();
	let callOff: (() => void) | undefined;
	let closed = false;
	return {
		tell() {
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

/** One value that others look at. A listener is told after the value changed, never with the same value again. */
export type Store<T> = {
	get(): T;
	set(next: T): void;
	/** Returns the way to stop listening. */
	subscribe(listener: () => void): () => void;
};

export function createStore<T>(initial: T): Store<T> {
	let value = initial;
	const listeners = new Set<() => void>();
	return {
		get: () => value,
		set(next) {
			if (Object.is(next, value)) return;
			value = next;
			for (const listener of [...listeners]) listener();
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
	};
}

/** A value with subscribers. Listeners are called after the value changed; setting the same value again does nothing. */
export type Store<T> = {
	get(): T;
	set(next: T): void;
	/** Returns a function that unsubscribes. */
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

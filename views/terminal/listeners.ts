/** Functions that are called with each event of one kind. */
export type Listeners<Event = void> = {
	/** Returns the function that unsubscribes. */
	add(listener: (event: Event) => void): () => void;
	notify(event: Event): void;
};

export function createListeners<Event = void>(): Listeners<Event> {
	const listeners = new Set<(event: Event) => void>();
	return {
		add(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		// A listener may unsubscribe while it is called.
		notify(event) {
			for (const listener of [...listeners]) listener(event);
		},
	};
}

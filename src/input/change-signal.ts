/** Reports changes to listeners, all changes of one tick as one call. */
export type ChangeSignal = {
	/** Increases with each change. */
	version(): number;
	notify(): void;
	/** @returns unsubscribe */
	subscribe(listener: () => void): () => void;
	close(): void;
};

export function createChangeSignal(): ChangeSignal {
	const listeners = new Set<() => void>();
	let version = 0;
	let isScheduled = false;
	return {
		version: () => version,
		notify() {
			version += 1;
			if (isScheduled) return;
			isScheduled = true;
			queueMicrotask(() => {
				isScheduled = false;
				for (const listener of [...listeners]) listener();
			});
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => {
				listeners.delete(listener);
			};
		},
		close: () => listeners.clear(),
	};
}

/** Brings what several write to one who reads. Who writes waits while too much is on its way; nothing is dropped. */
export type BoundedQueue<T> = {
	/** Settles when there is room for more, or at once when the channel is closed. */
	put(items: readonly T[]): Promise<void>;
	/** No more comes: who reads gets the rest. */
	end(error?: unknown): void;
	read(signal: AbortSignal): AsyncGenerator<readonly T[]>;
};

export function createBoundedQueue<T>(room: number, most: number): BoundedQueue<T> {
	let queue: T[] = [];
	let taken = 0;
	let ended = false;
	let failure: {readonly error: unknown} | undefined;
	let wake: () => void = () => {};
	let waiting: (() => void)[] = [];

	const letIn = () => {
		const all = waiting;
		waiting = [];
		for (const go of all) go();
	};

	return {
		async put(items) {
			if (ended || items.length === 0) return;
			for (const item of items) queue.push(item);
			wake();
			while (!ended && queue.length - taken > room) await new Promise<void>(resolve => waiting.push(resolve));
		},
		end(error) {
			if (ended) return;
			ended = true;
			if (error !== undefined) failure = {error};
			letIn();
			wake();
		},
		async *read(signal) {
			const stop = () => {
				ended = true;
				queue = [];
				taken = 0;
				letIn();
				wake();
			};
			signal.addEventListener('abort', stop, {once: true});
			try {
				while (!signal.aborted) {
					if (taken < queue.length) {
						const some = queue.slice(taken, taken + most);
						taken += some.length;
						if (taken === queue.length) {
							queue = [];
							taken = 0;
						}
						if (queue.length - taken <= room / 2) letIn();
						yield some;
						continue;
					}
					if (ended) break;
					await new Promise<void>(resolve => {
						wake = resolve;
					});
				}
				if (failure !== undefined && !signal.aborted) throw failure.error;
			} finally {
				signal.removeEventListener('abort', stop);
				stop();
			}
		},
	};
}

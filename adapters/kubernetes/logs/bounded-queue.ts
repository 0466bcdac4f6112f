/** A queue from several writers to one reader, with backpressure: writers wait while it is full. Nothing is dropped. */
export type BoundedQueue<T> = {
	/** Adds items. Resolves when the queue has capacity again, or at once when it is closed. */
	put(items: readonly T[]): Promise<void>;
	/** Closes the queue: the reader gets the remaining items, then the error if one is given. */
	end(error?: unknown): void;
	/** Yields batches of at most `maxBatch` items until the queue has ended or the signal is aborted. */
	read(signal: AbortSignal): AsyncGenerator<readonly T[]>;
};

export function createBoundedQueue<T>(capacity: number, maxBatch: number): BoundedQueue<T> {
	let items: T[] = [];
	let taken = 0;
	let ended = false;
	let failure: {readonly error: unknown} | undefined;
	let wakeReader: () => void = () => {};
	let blockedWriters: (() => void)[] = [];

	const releaseWriters = () => {
		const all = blockedWriters;
		blockedWriters = [];
		for (const release of all) release();
	};

	return {
		async put(added) {
			if (ended || added.length === 0) return;
			for (const item of added) items.push(item);
			wakeReader();
			while (!ended && items.length - taken > capacity)
				await new Promise<void>(resolve => blockedWriters.push(resolve));
		},
		end(error) {
			if (ended) return;
			ended = true;
			if (error !== undefined) failure = {error};
			releaseWriters();
			wakeReader();
		},
		async *read(signal) {
			const stop = () => {
				ended = true;
				items = [];
				taken = 0;
				releaseWriters();
				wakeReader();
			};
			signal.addEventListener('abort', stop, {once: true});
			try {
				while (!signal.aborted) {
					if (taken < items.length) {
						const batch = items.slice(taken, taken + maxBatch);
						taken += batch.length;
						if (taken === items.length) {
							items = [];
							taken = 0;
						}
						if (items.length - taken <= capacity / 2) releaseWriters();
						yield batch;
						continue;
					}
					if (ended) break;
					await new Promise<void>(resolve => {
						wakeReader = resolve;
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

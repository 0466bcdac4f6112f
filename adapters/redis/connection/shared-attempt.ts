/** One attempt to connect. Concurrent callers share it; it is aborted when the last of them gives up. */
export type SharedAttempt<T> = {
	/** Joins the attempt in flight, or starts one. `wait` may reject before the attempt settles: that is how a caller gives up. */
	join(wait: (attempt: Promise<T>) => Promise<T>): Promise<T>;
	/** Aborts the attempt in flight. */
	abort(): void;
};

export function createSharedAttempt<T>(start: (stop: AbortSignal) => Promise<T>): SharedAttempt<T> {
	type Attempt = {readonly result: Promise<T>; readonly stop: AbortController; waiting: number};
	let current: Attempt | undefined;

	function begin(): Attempt {
		const stop = new AbortController();
		const result = start(stop.signal).finally(() => {
			if (current === attempt) current = undefined;
		});
		const attempt: Attempt = {result, stop, waiting: 0};
		return attempt;
	}

	return {
		async join(wait) {
			current ??= begin();
			const attempt = current;
			attempt.waiting += 1;
			try {
				return await wait(attempt.result);
			} finally {
				attempt.waiting -= 1;
				// Otherwise the next caller would join it, and fail with it, though the server may answer a new one.
				if (attempt.waiting === 0 && current === attempt) {
					current = undefined;
					attempt.stop.abort();
				}
			}
		},
		abort: () => current?.stop.abort(),
	};
}

/** Lets concurrent callers share one call in flight. Nothing is cached: the first `run` after it settled starts a new call. */
export type Singleflight<T> = {
	/** The call in flight; undefined when there is none. */
	readonly inFlight: Promise<T> | undefined;
	/** Joins the call in flight, or starts one. Rejects with the error of the shared call. */
	run(start: () => Promise<T>): Promise<T>;
};

export function createSingleflight<T>(): Singleflight<T> {
	let inFlight: Promise<T> | undefined;
	return {
		get inFlight() {
			return inFlight;
		},
		run(start) {
			inFlight ??= start().finally(() => {
				inFlight = undefined;
			});
			return inFlight;
		},
	};
}

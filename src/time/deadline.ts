import type {AdapterError} from '../errors.ts';
import type {Clock} from './clock.ts';

export type DeadlineOptions = {
	readonly clock: Clock;
	readonly timeoutMs: number;
	/** What it fails with when time is up. */
	readonly createTimeoutError: () => AdapterError;
	/** Aborted by the caller to give up early: then it fails at once with the signal's reason. */
	readonly controller?: AbortController;
};

/**
 * Settles when `work` does, when time is up or when it is given up, whichever is first. Work that ignores its signal is abandoned: what
 * it brings later, good or bad, is dropped.
 */
export function withDeadline<T>(options: DeadlineOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const {clock, timeoutMs: ms, createTimeoutError: late, controller = new AbortController()} = options;
	const {signal} = controller;
	return new Promise<T>((resolve, reject) => {
		// Before the work's own listeners, so that what we say about it wins over what the client library says.
		signal.addEventListener('abort', () => reject(signal.reason), {once: true});
		const callOff = clock.after(ms, () => controller.abort(late()));
		const settled = async () => {
			try {
				signal.throwIfAborted();
				resolve(await work(signal));
			} catch (error) {
				reject(error);
			} finally {
				callOff();
			}
		};
		void settled();
	});
}

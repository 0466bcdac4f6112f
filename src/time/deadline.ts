import {AdapterError, isAdapterError} from '../errors.ts';
import type {Clock} from './clock.ts';

export type DeadlineOptions = {
	readonly clock: Clock;
	readonly timeoutMs: number;
	/** Creates the error that it rejects with after `timeoutMs`. */
	readonly createTimeoutError: () => AdapterError;
	/** Cancels early: then it rejects at once, with the error of `cancellationError`. */
	readonly signal?: AbortSignal | undefined;
};

/** The reason of an aborted signal when that is an AdapterError (a poller passes its own), otherwise a `timeout` with the reason as its cause. */
export const cancellationError = (signal: AbortSignal): AdapterError =>
	isAdapterError(signal.reason)
		? signal.reason
		: new AdapterError(
				'timeout',
				'cancelled before an answer came',
				'The server is silent or slow; midwatch tries again.',
				{cause: signal.reason},
			);

/**
 * Settles with `work`, and at the latest when the timeout ends or `signal` aborts. The signal that `work` receives is aborted then, with
 * the same error. Work that ignores it is abandoned: its later result or error is dropped.
 */
export function withDeadline<T>(options: DeadlineOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const {clock, timeoutMs, createTimeoutError, signal: outer} = options;
	const inner = new AbortController();
	return new Promise<T>((resolve, reject) => {
		const cancel = () => stop(cancellationError(outer ?? inner.signal));
		const cancelTimer = clock.after(timeoutMs, () => stop(createTimeoutError()));
		function settle(): void {
			cancelTimer();
			outer?.removeEventListener('abort', cancel);
		}
		// Rejects before the listeners of the work run: our error comes before that of the client library.
		function stop(error: AdapterError): void {
			settle();
			reject(error);
			inner.abort(error);
		}
		if (outer?.aborted) {
			cancel();
			return;
		}
		outer?.addEventListener('abort', cancel, {once: true});
		const run = async () => {
			try {
				resolve(await work(inner.signal));
			} catch (error) {
				reject(error);
			} finally {
				settle();
			}
		};
		void run();
	});
}

/** Settles with `work`, or rejects as soon as `signal` aborts. Does not stop the work: its later result or error is dropped. */
export function untilAborted<T>(
	work: Promise<T>,
	signal: AbortSignal,
	createError: () => AdapterError = () => cancellationError(signal),
): Promise<T> {
	return new Promise<T>((resolve, reject) => {
		const abort = () => reject(createError());
		if (signal.aborted) abort();
		else signal.addEventListener('abort', abort, {once: true});
		void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
	});
}

/** Resolves when `work` has settled in whichever way, and after `ms` at the latest. */
export function settleWithin(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
	return new Promise(resolve => {
		const cancelTimer = clock.after(ms, resolve);
		const settle = () => {
			cancelTimer();
			resolve();
		};
		work.then(settle, settle);
	});
}

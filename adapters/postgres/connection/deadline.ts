import {AdapterError, isAdapterError} from '../../../src/errors.ts';

/** Why a read was called off, in our words. A poller may pass its own AdapterError as the reason of the abort. */
export const cancellationError = (signal: AbortSignal): AdapterError =>
	isAdapterError(signal.reason)
		? signal.reason
		: new AdapterError(
				'timeout',
				'called off before an answer came',
				'The server is silent or slow; it is tried again.',
				{
					cause: signal.reason,
				},
			);

/**
 * Settles with `work`, or rejects at once when `ms` are over or the signal fires. `giveUp` is then called, once, to break what is still
 * under way; what `work` does afterwards is nobody's concern.
 */
export function withDeadline<T>(
	work: Promise<T>,
	limits: {readonly ms: number; readonly what: string; readonly signal: AbortSignal},
	giveUp: () => void = () => {},
): Promise<T> {
	const {ms, what, signal} = limits;
	return new Promise<T>((resolve, reject) => {
		const settle = (finish: () => void) => {
			clearTimeout(timer);
			signal.removeEventListener('abort', abort);
			finish();
		};
		const stop = (error: AdapterError) =>
			settle(() => {
				giveUp();
				reject(error);
			});
		const abort = () => stop(cancellationError(signal));
		const timer = setTimeout(() => {
			const hint = 'Check the network between here and the server, and whether the server is under load.';
			stop(new AdapterError('timeout', `${what}: no answer within ${ms / 1000} s`, hint));
		}, ms);
		signal.addEventListener('abort', abort, {once: true});
		work.then(
			value => settle(() => resolve(value)),
			error => settle(() => reject(error)),
		);
		if (signal.aborted) abort();
	});
}

import {untilAborted} from '../../../src/time/deadline.ts';

/** Runs requests one after the other. A caller whose signal fires gets its error at once; its request still ends before the next begins. */
export type RequestQueue = {
	add<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
	/** Settles when everything that was added has ended. Never rejects. */
	readonly idle: Promise<unknown>;
};

export function createRequestQueue(): RequestQueue {
	let idle: Promise<unknown> = Promise.resolve();
	return {
		add<T>(signal: AbortSignal, work: () => Promise<T>) {
			const result = idle.then(work);
			idle = result.catch(() => {});
			return untilAborted(result, signal);
		},
		get idle() {
			return idle;
		},
	};
}

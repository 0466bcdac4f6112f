import type {Clock} from '../../../src/time/clock.ts';
import type {KubeObject} from '../objects/kube-object.ts';
import {createKeyedTimers} from './keyed-timers.ts';

/** The objects that a controller must reconcile. */
export type WorkQueue = {
	/** Adds an object; one that is in the queue already is reconciled once. */
	add(resource: string, namespace: string | undefined, name: string): void;
	/** Adds the object at that time, in epoch milliseconds, instead of at the time given before; `undefined`: at none. */
	addAt(resource: string, object: KubeObject, at: number | undefined): void;
	/** Drops the time at which a deleted object would have been added. */
	forget(uid: string): void;
	stop(): void;
};

type Reconcile = (resource: string, namespace: string | undefined, name: string) => void;

/** Changes are coalesced for this long before the controllers run. */
const gatherMs = 20;

/** No timer runs longer than a day: what is due later is checked in between. */
const longestWaitMs = 24 * 3_600_000;

export function createWorkQueue(clock: Clock, reconcile: Reconcile): WorkQueue {
	const queue = new Map<string, Parameters<Reconcile>>();
	const timers = createKeyedTimers(clock);
	let cancelFlush: (() => void) | undefined;
	let stopped = false;

	function flush() {
		cancelFlush = undefined;
		if (stopped) return;
		const work = [...queue.values()];
		queue.clear();
		for (const item of work) reconcile(...item);
	}

	function add(...item: Parameters<Reconcile>) {
		const [resource, namespace, name] = item;
		queue.set(`${resource} ${namespace}/${name}`, item);
		cancelFlush ??= clock.after(gatherMs, flush);
	}

	return {
		add,
		addAt(resource, {metadata}, at) {
			if (at === undefined) return timers.cancel(metadata.uid);
			const next = Math.min(at, clock.now() + longestWaitMs);
			timers.set(metadata.uid, next, () => add(resource, metadata.namespace, metadata.name));
		},
		forget: timers.cancel,
		stop() {
			stopped = true;
			cancelFlush?.();
			timers.cancelAll();
		},
	};
}

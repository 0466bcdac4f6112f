import type {Clock} from '../../src/time/clock.ts';

/** A clock that first runs through the past as fast as it can, and then follows another clock. */
export type FastForwardClock = Clock & {
	/** Makes the next call that is due up to that time; when there is none, moves to that time and returns false. Time never goes back. */
	step(at: number): boolean;
	/** Moves to that time, and makes the calls that are due until then, in their order. */
	advanceTo(at: number): void;
	/** Takes the time from the real clock from now on, which also makes the pending calls. */
	switchToRealClock(): void;
};

type Waiting = {readonly at: number; readonly order: number; readonly call: () => void};

/** A binary heap: `first` is the next call that is due, of two at the same moment the older one. */
function createCallHeap() {
	const heap: Waiting[] = [];

	const before = (a: Waiting | undefined, b: Waiting | undefined): boolean =>
		a !== undefined && b !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order));

	function swap(i: number, j: number) {
		const [a, b] = [heap[i], heap[j]];
		if (a === undefined || b === undefined) return;
		heap[i] = b;
		heap[j] = a;
	}

	function push(waiting: Waiting) {
		heap.push(waiting);
		for (let at = heap.length - 1; at > 0; ) {
			const parent = (at - 1) >> 1;
			if (!before(heap[at], heap[parent])) return;
			swap(at, parent);
			at = parent;
		}
	}

	function pop(): Waiting | undefined {
		const first = heap[0];
		swap(0, heap.length - 1);
		heap.pop();
		for (let at = 0; ; ) {
			const left = 2 * at + 1;
			const least = [left, left + 1].reduce((best, child) => (before(heap[child], heap[best]) ? child : best), at);
			if (least === at) return first;
			swap(at, least);
			at = least;
		}
	}

	return {push, pop, first: () => heap[0]};
}

export function createFastForwardClock(clock: Clock, start: number): FastForwardClock {
	const heap = createCallHeap();
	const calledOff = new Set<Waiting>();
	let time = start;
	let order = 0;
	let joined = false;

	function step(at: number): boolean {
		const next = heap.first();
		if (next === undefined || next.at > at) {
			time = Math.max(time, at);
			return false;
		}
		heap.pop();
		time = Math.max(time, next.at);
		if (!calledOff.delete(next)) next.call();
		return true;
	}

	const now = () => (joined ? clock.now() : time);

	return {
		now,
		// Nothing sets this clock back.
		monotonic: now,
		after(ms, call) {
			if (joined) return clock.after(ms, call);
			order += 1;
			let cancel: (() => void) | undefined;
			const waiting: Waiting = {at: time + Math.max(0, ms), order, call};
			heap.push(waiting);
			handover.set(waiting, stop => {
				cancel = stop;
			});
			return () => (cancel === undefined ? void calledOff.add(waiting) : cancel());
		},
		step,
		advanceTo(at) {
			while (step(at));
		},
		switchToRealClock() {
			joined = true;
			for (let next = heap.pop(); next !== undefined; next = heap.pop()) {
				if (calledOff.delete(next)) continue;
				handover.get(next)?.(clock.after(Math.max(0, next.at - clock.now()), next.call));
			}
		},
	};
}

/** Receives the function that cancels a pending call on the other clock. */
const handover = new WeakMap<Waiting, (stop: () => void) => void>();

import type {Clock} from '../src/time/clock.ts';
import {createTimeBudget, type TimeBudget} from '../src/time/yield.ts';

/** A clock that moves only through `advance` and `set`. */
export type FakeClock = Clock & {
	/** Sets the wall clock forward or back. The monotonic time and the pending timers do not change. */
	set(byMs: number): void;
	/**
	 * Moves time on and fires the due timers in order. Promises settle before and after each call. `rest` replaces the wait after each call,
	 * for work that takes real time, so that it always ends at the same fake time.
	 */
	advance(ms: number, rest?: () => Promise<void>): Promise<void>;
	/** Lets promises settle without moving time. */
	settle(): Promise<void>;
	/** The number of pending timers. */
	readonly waiting: number;
};

export function createFakeClock(start = Date.UTC(2026, 10, 21, 14, 5, 22)): FakeClock {
	let time = start;
	// The monotonic time is far from the wall clock, so that mixing the two gives a wrong duration in every test.
	let apart = start - 77_000_000;
	let order = 0;
	const calls = new Map<number, {readonly at: number; readonly call: () => void}>();

	// A turn of the event loop runs every promise callback that is ready, also a long chain of them.
	const settle = () => new Promise<void>(resolve => setImmediate(resolve));

	function nextDue(until: number) {
		let due: {readonly id: number; readonly at: number; readonly call: () => void} | undefined;
		for (const [id, {at, call}] of calls) {
			if (at <= until && (due === undefined || at < due.at)) due = {id, at, call};
		}
		return due;
	}

	return {
		now: () => time,
		monotonic: () => time - apart,
		set(byMs) {
			time += byMs;
			apart += byMs;
			for (const [id, {at, call}] of calls) calls.set(id, {at: at + byMs, call});
		},
		after(ms, call) {
			const id = order;
			order += 1;
			calls.set(id, {at: time + Math.max(0, ms), call});
			return () => {
				calls.delete(id);
			};
		},
		async advance(ms, rest = settle) {
			const until = time + ms;
			await settle();
			for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
				calls.delete(due.id);
				time = Math.max(time, due.at);
				due.call();
				await rest();
			}
			time = until;
		},
		settle,
		get waiting() {
			return calls.size;
		},
	};
}

/** A time budget measured by this clock: a turn of the event loop ends when the clock moves on. */
export const createFakeTimeBudget = ({monotonic, after}: Pick<Clock, 'monotonic' | 'after'>): TimeBudget =>
	createTimeBudget({now: monotonic, defer: call => void after(0, call)});

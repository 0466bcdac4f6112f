import {constants, type PerformanceEntry, PerformanceObserver} from 'node:perf_hooks';
import {setFlagsFromString} from 'node:v8';

/** V8 chooses by itself. */
const usual = {young: 2, old: 0};
/** The young space stays as it starts, and the old one may grow by half of what lives in it. */
const small = {young: 1, old: 50};
/** Collections of the old space that come sooner after each other hold up the screen more than their memory is worth, */
const oftenMs = 5000;
/** and those that come so late may come sooner. */
const seldomMs = 30_000;
/** Until then what is read for the first time comes in: how often the heap is collected for that says nothing of later. */
const settledAfterMs = 15_000;

let inForce = usual;

function apply(growth: typeof usual): void {
	setFlagsFromString(`--semi-space-growth-factor=${growth.young}`);
	setFlagsFromString(`--heap-growing-percent=${growth.old}`);
}

function keep(growth: typeof usual): void {
	if (growth.old === inForce.old && growth.young === inForce.young) return;
	inForce = growth;
	apply(growth);
}

/**
 * Keeps V8's heap near what it holds. By itself the space for young objects grows to 128 MB and stays there, and the old space is collected
 * only when it is several times what lives in it: together most of what a console takes that runs for weeks, since V8 gives little back.
 * Where so much is read that the old space would be collected again and again, it may grow as V8 likes.
 */
export function keepHeapSmall(): void {
	keep(small);
	setTimeout(watchCollections, settledAfterMs).unref();
}

function watchCollections(): void {
	let last = Number.NEGATIVE_INFINITY;
	const collections = new PerformanceObserver(list => {
		for (const entry of list.getEntries()) {
			const {startTime} = entry;
			if (!isMajor(entry)) continue;
			const sinceMs = startTime - last;
			last = startTime;
			if (sinceMs < oftenMs) keep({...small, old: usual.old});
			else if (sinceMs > seldomMs) keep(small);
		}
	});
	collections.observe({entryTypes: ['gc']});
}

const isMajor = (entry: PerformanceEntry): boolean =>
	'detail' in entry &&
	typeof entry.detail === 'object' &&
	entry.detail !== null &&
	'kind' in entry.detail &&
	entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;

/** With the flags that a process begins with: code that is kept is taken again under the same flags only. */
export function withUsualFlags<T>(work: () => T): T {
	apply(usual);
	try {
		return work();
	} finally {
		apply(inForce);
	}
}

/** How long synchronous work may hold the event loop before keys, timers and sockets are served. */
const timeBudgetMs = 5;

/** One time budget for everything that shares an event loop: many jobs at once hold it no longer than one job alone. */
export type TimeBudget = {
	/** Returns true when the work of the current turn of the event loop has used up the budget. The first call of a turn starts the measurement. */
	isOver(): boolean;
	/** Resolves in a later turn, which has a fresh budget. One waiting caller goes on per turn, in the order of the calls. */
	yield(): Promise<void>;
	/** The same with a callback. Returns a function that cancels the call. */
	afterYield(call: () => void): () => void;
};

export type TurnSource = {
	/** Monotonic milliseconds. */
	readonly now: () => number;
	/** Calls once, in a later turn of the event loop. */
	readonly defer: (call: () => void) => void;
};

export function createTimeBudget({now, defer}: TurnSource): TimeBudget {
	const waiting: (() => void)[] = [];
	/** Undefined while no measured work has run in the current turn. */
	let turnBegan: number | undefined;
	let deferred = false;

	function deferNextTurn(): void {
		if (deferred) return;
		deferred = true;
		defer(nextTurn);
	}

	function beginTurn(): number {
		deferNextTurn();
		turnBegan = now();
		return turnBegan;
	}

	function nextTurn(): void {
		deferred = false;
		turnBegan = undefined;
		const resume = waiting.shift();
		if (resume === undefined) return;
		beginTurn();
		resume();
	}

	function enqueue(resume: () => void): void {
		waiting.push(resume);
		deferNextTurn();
	}

	return {
		isOver: () => now() - (turnBegan ?? beginTurn()) >= timeBudgetMs,
		yield: () => new Promise(enqueue),
		afterYield(call) {
			enqueue(call);
			return () => {
				const at = waiting.indexOf(call);
				if (at >= 0) waiting.splice(at, 1);
			};
		},
	};
}

/*
 * State of a module, which is otherwise only a cache. A process has one event loop, so it has one budget: were it passed in, two callers could hold
 * one each, and together block the loop for twice as long.
 */
export const processTimeBudget: TimeBudget = createTimeBudget({
	now: () => performance.now(),
	defer: call => void setImmediate(call),
});

/** Returns true when the current turn of the event loop has done 5 ms of work: then `await yieldToLoop()`. */
export const isOverBudget = processTimeBudget.isOver;

/** Yields to the event loop: resolves in a later turn, after those who called before. */
export const yieldToLoop = processTimeBudget.yield;

/** `mapInSlices` looks at the clock after so many items. */
const itemsPerCheck = 16;

/**
 * Maps the items in order, in as many turns of the event loop as the time budget requires. When one turn was not enough, the caller goes
 * on in a turn of its own.
 * @throws the reason of `signal` when it is aborted in between.
 */
export async function mapInSlices<T, R>(
	items: Iterable<T>,
	map: (item: T) => R,
	{signal, budget = processTimeBudget}: {readonly signal?: AbortSignal; readonly budget?: TimeBudget} = {},
): Promise<R[]> {
	const results: R[] = [];
	let hasYielded = false;
	for (const item of items) {
		if (results.length % itemsPerCheck === 0 && budget.isOver()) {
			await budget.yield();
			signal?.throwIfAborted();
			hasYielded = true;
		}
		results.push(map(item));
	}
	if (hasYielded || budget.isOver()) {
		await budget.yield();
		signal?.throwIfAborted();
	}
	return results;
}

/**
 * Runs a generator to its end. It yields where it can be interrupted, and is when the time budget is used up.
 * @throws the reason of `signal` when it is aborted in between.
 */
export async function runInSlices<T>(
	work: Generator<undefined, T>,
	{signal, budget = processTimeBudget}: {readonly signal?: AbortSignal; readonly budget?: TimeBudget} = {},
): Promise<T> {
	for (;;) {
		const {done, value} = work.next();
		if (done) return value;
		if (!budget.isOver()) continue;
		await budget.yield();
		signal?.throwIfAborted();
	}
}

/** So long may a piece of work hold the event loop before keys and timers get their turn. */
const budgetMs = 5;

let turnBegan = 0;
const waiting: (() => void)[] = [];

function nextTurn(): void {
	const go = waiting.shift();
	if (waiting.length > 0) setImmediate(nextTurn);
	turnBegan = performance.now();
	go?.();
}

/** Whether the work of this turn of the event loop has taken its time. Shared by all who parse, so that many together hold it no longer than one. */
export const isOverBudget = (): boolean => performance.now() - turnBegan > budgetMs;

/**
 * Makes something of each, in as many turns of the event loop as it takes, and leaves time in the last of them for what is done with it.
 * @throws the reason of `signal`, when that is aborted meanwhile.
 */
export async function mapInSlices<T, Made>(
	items: readonly T[],
	signal: AbortSignal,
	make: (item: T) => Made,
): Promise<Made[]> {
	const made: Made[] = [];
	for (const item of items) {
		if (made.length % 64 === 0 && isOverBudget()) {
			await yieldToLoop();
			signal.throwIfAborted();
		}
		made.push(make(item));
	}
	await yieldToLoop();
	signal.throwIfAborted();
	return made;
}

/** Gives way: goes on in a later turn, each in the order in which they came. */
export function yieldToLoop(): Promise<void> {
	return new Promise(resolve => {
		waiting.push(resolve);
		if (waiting.length === 1) setImmediate(nextTurn);
	});
}

/** Lets everything else have its turn: what is read of a great cluster must not hold up the screen. */
export const yieldToEventLoop = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Partitions of one turn of the event loop: about 10 ms. Counted and not timed, so that the same read gives way at the same places. */
const maxPartitionsBeforeYield = 2000;

/** To be awaited between two small pieces of work, each of so many partitions: gives way when enough were done. */
export function createCountedYield(): (partitions: number) => Promise<void> | undefined {
	let done = 0;
	return partitions => {
		done += partitions;
		if (done < maxPartitionsBeforeYield) return undefined;
		done = 0;
		return yieldToEventLoop();
	};
}

/** Slices of at most `size`, in order. */
export const chunks = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
	Array.from({length: Math.ceil(all.length / size)}, (_, at) => all.slice(at * size, (at + 1) * size));

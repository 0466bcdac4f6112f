/** Lets everything else have its turn: what is read of a great cluster must not hold up the screen. */
export const breath = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** A turn of the event loop may take this long before something else has its own. */
const longestMs = 8;

/** To be awaited between two small pieces of work: gives way only when enough time went by. */
export function createBreather(): () => Promise<void> | undefined {
	let since = performance.now();
	return () => {
		if (performance.now() - since < longestMs) return undefined;
		return breath().then(() => {
			since = performance.now();
		});
	};
}

/** Slices of at most `size`, in order. */
export const slices = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
	Array.from({length: Math.ceil(all.length / size)}, (_, at) => all.slice(at * size, (at + 1) * size));

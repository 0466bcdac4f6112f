/** Lets everything else have its turn: what is read of a great cluster must not hold up the screen. */
export const breath = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** Slices of at most `size`, in order. */
export const slices = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
	Array.from({length: Math.ceil(all.length / size)}, (_, at) => all.slice(at * size, (at + 1) * size));

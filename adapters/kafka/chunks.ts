/** Splits a list into parts of at most `size`, in order. */
export const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
	Array.from({length: Math.ceil(items.length / size)}, (_, at) => items.slice(at * size, (at + 1) * size));

/** Items that are sorted in about a millisecond. */
const slice = 512;

/**
 * Sorts in slices, so that the caller can yield to the event loop between two of them. Stable; a list nearly in order takes little more
 * than one pass. @yields after each slice; @returns a new array.
 */
export function* sortInSlices<Item>(
	items: readonly Item[],
	compare: (a: Item, b: Item) => number,
): Generator<undefined, Item[]> {
	let runs: Item[][] = [];
	for (let from = 0; from < items.length; from += slice) {
		runs.push(items.slice(from, from + slice).sort(compare));
		yield;
	}
	while (runs.length > 1) {
		const merged: Item[][] = [];
		for (let index = 0; index < runs.length; index += 2) {
			merged.push(yield* mergeInSlices(runs[index] ?? [], runs[index + 1] ?? [], compare));
		}
		runs = merged;
	}
	return runs[0] ?? [];
}

function* mergeInSlices<Item>(
	left: Item[],
	right: Item[],
	compare: (a: Item, b: Item) => number,
): Generator<undefined, Item[]> {
	const [last, first] = [left.at(-1), right[0]];
	if (last === undefined || first === undefined) return left.length === 0 ? right : left;
	if (compare(last, first) <= 0) return left.concat(right);
	const merged: Item[] = [];
	let [a, b] = [0, 0];
	while (a < left.length && b < right.length) {
		const [one, other] = [left[a] as Item, right[b] as Item];
		if (compare(one, other) <= 0) {
			merged.push(one);
			a += 1;
		} else {
			merged.push(other);
			b += 1;
		}
		if (merged.length % slice === 0) yield;
	}
	return merged.concat(a < left.length ? left.slice(a) : right.slice(b));
}

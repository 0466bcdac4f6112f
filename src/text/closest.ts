/** Counts the edits (insert, delete, replace, swap of neighbours) between two words (Damerau-Levenshtein distance). */
export function editDistance(a: string, b: string): number {
	let before: number[] = [];
	let row = Array.from({length: b.length + 1}, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const same = a[i - 1] === b[j - 1];
			let edits = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (same ? 0 : 1));
			const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
			if (swapped) edits = Math.min(edits, (before[j - 2] ?? 0) + 1);
			next.push(edits);
		}
		before = row;
		row = next;
	}
	return row[b.length] ?? 0;
}

/** Returns the word of `allowed` that `word` is probably a misspelling of: at most a third of its letters differ, case-insensitive. */
export function closestWord(word: string, allowed: readonly string[]): string | undefined {
	let best: string | undefined;
	let least = Math.max(1, Math.floor(word.length / 3)) + 1;
	for (const candidate of allowed) {
		const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
		if (edits < least) {
			best = candidate;
			least = edits;
		}
	}
	return best;
}

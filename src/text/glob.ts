/** Returns true when a pattern in which `*` means any text matches all of a text. Takes at most the product of their lengths in steps. */
export function globMatches(pattern: string, text: string): boolean {
	let at = 0;
	let from = 0;
	let star = -1;
	let resume = 0;
	while (from < text.length) {
		if (pattern[at] === '*') {
			star = at;
			at += 1;
			resume = from;
		} else if (pattern[at] === text[from]) {
			at += 1;
			from += 1;
		} else if (star >= 0) {
			at = star + 1;
			resume += 1;
			from = resume;
		} else return false;
	}
	while (pattern[at] === '*') at += 1;
	return at === pattern.length;
}

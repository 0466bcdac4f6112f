/** Longest line from outside, in characters: no one reads further, and every filter of a line takes time by its length. */
export const maxLineLength = 64 * 1024;

/** The first `longest` characters of a line, and how many more there were. */
export function truncateLine(line: string, longest = maxLineLength): string {
	const rest = line.length - longest;
	return rest <= 0 ? line : `${line.slice(0, longest)} … ${rest} more characters`;
}

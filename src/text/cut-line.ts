/** Characters of a line from outside that are kept: nobody reads on so far, and all that looks at a line takes its time. */
export const longestLine = 64 * 1024;

/** The first `longest` characters of a line, and how many more there were. */
export function cutLine(line: string, longest = longestLine): string {
	const rest = line.length - longest;
	return rest <= 0 ? line : `${line.slice(0, longest)} … ${rest} more characters`;
}

/** Maximum characters of a line from outside: longer ones are not read, and filtering takes time by their length. */
export const maxLineLength = 64 * 1024;

/** Returns the first `maxLength` characters of a line, with the number of the others. */
export function truncateLine(line: string, maxLength = maxLineLength): string {
	const rest = line.length - maxLength;
	return rest <= 0 ? line : `${line.slice(0, maxLength)} … ${rest} more characters`;
}

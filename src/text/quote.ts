/** Quotes one word of a POSIX shell command line. Plain words stay unquoted. */
export const shellWord = (text: string): string =>
	/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** Returns a command line that a POSIX shell splits into exactly these words. */
export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(' ');

/** Returns a string literal of SQL that is valid with any setting of `standard_conforming_strings`. */
export function sqlLiteral(text: string): string {
	const quoted = `'${text.replaceAll("'", "''")}'`;
	return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/**
 * Returns an array literal of SQL, to be cast to its type: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-INPUT
 */
export const sqlArray = (elements: readonly (string | number | null)[]): string =>
	sqlLiteral(
		`{${elements.map(element => (typeof element === 'string' ? `"${element.replace(/["\\]/g, '\\$&')}"` : String(element))).join(',')}}`,
	);

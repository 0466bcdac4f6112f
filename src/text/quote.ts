/** One word of a POSIX shell command line. Leaves plain words bare. */
export const shellWord = (text: string): string =>
	/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** A command line that a POSIX shell splits back into exactly these words. */
export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(' ');

/** A string literal of SQL, whatever `standard_conforming_strings` says. */
export function sqlLiteral(text: string): string {
	const quoted = `'${text.replaceAll("'", "''")}'`;
	return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/**
 * A literal of SQL for an array, to be cast to its type: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-INPUT
 */
export const sqlArray = (elements: readonly (string | number | null)[]): string =>
	sqlLiteral(
		`{${elements.map(element => (typeof element === 'string' ? `"${element.replace(/["\\]/g, '\\$&')}"` : String(element))).join(',')}}`,
	);

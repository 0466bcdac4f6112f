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

/** An array of SQL from what already is SQL: literals, numbers, NULL. */
export const sqlArray = (elements: readonly string[]): string => `ARRAY[${elements.join(', ')}]`;

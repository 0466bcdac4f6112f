/*
 * The filter language of `/`: words that must all match. `text` anywhere in the row, `!text` nowhere in it, `field:value` in one column,
 * `!field:value` not in that column. Case-insensitive. A field may be abbreviated where that is unambiguous (`ns:media`); such a word is
 * searched as text as well. A word with an unknown field name is text: queries and keys contain colons too.
 */

export type Searchable = {
	/** Returns true when one of its cells contains this lower-case text. A word never spans two columns. */
	holds(text: string): boolean;
	field(name: string): string | undefined;
};

type Term = {
	readonly inverse: boolean;
	/** The word in lower case, without its exclamation mark. */
	readonly text: string;
	/** The text before the first colon, and the text after it. */
	readonly name: string;
	readonly value: string;
	/** The column that `name` means; `sure` when it is its full name. */
	readonly field: string | undefined;
	readonly sure: boolean;
};

/** Returns true when `letters` occur in `name` in this order, starting with its first letter. */
const abbreviates = (letters: string, name: string): boolean => {
	if (letters.length < 2 || letters[0] !== name[0]) return false;
	let at = 0;
	for (const letter of name) if (letter === letters[at]) at += 1;
	return at === letters.length;
};

function termsOf(source: string, fields: ReadonlySet<string>): readonly Term[] {
	return source
		.toLowerCase()
		.split(/\s+/)
		.filter(word => word !== '' && word !== '!')
		.map(word => {
			const inverse = word.startsWith('!');
			const text = inverse ? word.slice(1) : word;
			const colon = text.indexOf(':');
			const name = text.slice(0, Math.max(0, colon));
			const term = {inverse, text, name, value: text.slice(colon + 1)};
			if (fields.has(name)) return {...term, field: name, sure: true};
			const meant = [...fields].filter(field => abbreviates(name, field));
			return {...term, field: meant.length === 1 ? meant[0] : undefined, sure: false};
		});
}

export function compileFilter(source: string, fields: ReadonlySet<string>): (row: Searchable) => boolean {
	const terms = termsOf(source, fields);
	return row =>
		terms.every(({inverse, text, field, value, sure}) => {
			const inField = field !== undefined && (row.field(field) ?? '').toLowerCase().includes(value);
			return (inField || (!sure && row.holds(text))) !== inverse;
		});
}

/** Returns the words before a colon that look like a field name but are none: they are searched as text. */
export const unknownFields = (source: string, fields: ReadonlySet<string>): readonly string[] =>
	termsOf(source, fields).flatMap(({field, name}) => (field === undefined && /^[a-z]+$/.test(name) ? [name] : []));

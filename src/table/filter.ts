/*
 * The language of `/`: words that must all hold. `text` anywhere in the row, `!text` nowhere in it, `field:value` in one column,
 * `!field:value` not in it. Letter case does not count. A field may be abbreviated where only one can be meant, `ns:media`; such a word is
 * looked for as text as well. A word with an unknown field name is text: queries and keys have colons too.
 */

export type Searchable = {
	/** Whether something that the row shows holds this text, given in lower case. A word never spans two columns. */
	holds(text: string): boolean;
	field(name: string): string | undefined;
};

type Term = {
	readonly inverse: boolean;
	/** The whole word in lower case, without its exclamation mark. */
	readonly text: string;
	/** What stands before the first colon, and after it. */
	readonly name: string;
	readonly value: string;
	/** The column that is meant by the name; `sure` when that is how it is called. */
	readonly field: string | undefined;
	readonly sure: boolean;
};

/** Whether these are letters of the name in their order, from the first one on. */
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

/** Words that look as if they named a column, of which there is none: they are looked for as text. */
export const unknownFields = (source: string, fields: ReadonlySet<string>): readonly string[] =>
	termsOf(source, fields).flatMap(({field, name}) => (field === undefined && /^[a-z]+$/.test(name) ? [name] : []));

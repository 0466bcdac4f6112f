/*
 * The language of `/`: words that must all hold. `text` anywhere in the row, `!text` nowhere in it, `field:value` in one column,
 * `!field:value` not in it. Letter case does not count. A word with an unknown field name is text: queries and keys have colons too.
 */

export type Searchable = {
	/** Whether something that the row shows holds this text, given in lower case. A word never spans two columns. */
	holds(text: string): boolean;
	field(name: string): string | undefined;
};

export function compileFilter(source: string, fields: ReadonlySet<string>): (row: Searchable) => boolean {
	const terms = source
		.toLowerCase()
		.split(/\s+/)
		.filter(word => word !== '' && word !== '!')
		.map(word => {
			const inverse = word.startsWith('!');
			const body = inverse ? word.slice(1) : word;
			const colon = body.indexOf(':');
			const name = body.slice(0, Math.max(0, colon));
			return fields.has(name)
				? {inverse, field: name, value: body.slice(colon + 1)}
				: {inverse, field: undefined, value: body};
		});
	return row =>
		terms.every(({inverse, field, value}) => {
			const holds = field === undefined ? row.holds(value) : (row.field(field) ?? '').toLowerCase().includes(value);
			return holds !== inverse;
		});
}

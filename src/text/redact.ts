/*
 * The last sieve before a text is shown or recorded. Adapters mask secrets where they know them; this catches the forms in which a password
 * is most often written down: in a URL, in a connection string, in SQL, in the arguments of redis-cli, and as a bearer token. A server may
 * have cut the text inside of the quotes.
 */
const forms: readonly (readonly [RegExp, string])[] = [
	[/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi, '$1:***@'],
	[
		/\b((?:[a-z_]*password|passwd|pwd|secret|[a-z_]*token|api_?key|requirepass|masterauth)["']?\s*[=:]\s*)(?!\$\d)("[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s,;&)}]+)/gi,
		'$1***',
	],
	[/\b(password\s+)('(?:[^']|'')*(?:'|$)|"[^"]*(?:"|$))/gi, '$1***'],
	[/\b((?:identified\s+by|requirepass|masterauth)\s+)('(?:[^']|'')*(?:'|$)|"[^"]*(?:"|$)|\S+)/gi, '$1***'],
	[/(\bredis-cli\b[^\n]*?\s(?:-a|--pass)\s+)\S+/g, '$1***'],
	[/\b(bearer\s+)[\w.~+/=-]+/gi, '$1***'],
];

/** The same text without the secrets in it that can be told by their form. */
export const redact = (text: string): string => forms.reduce((left, [form, mask]) => left.replace(form, mask), text);

/*
 * The last sieve before a text is shown or recorded. Adapters mask secrets where they know them; this catches the forms in which a password
 * is most often written down: in a URL, in a connection string, in SQL, in the commands of Redis, and as a bearer token. A server may have
 * cut the text inside of the quotes, so that each of them may be open to the end. Rather too much is masked than too little.
 */
const source = String.raw;

/** Any string of SQL, JSON or a shell, from its first quote: https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-CONSTANTS */
const quoted = [
	// Inside of a word of the shell that is quoted itself.
	source`'\\''[\s\S]*?(?:'\\''|$)`,
	source`\be'(?:[^'\\]|''|\\[\s\S])*(?:\\?$|')`,
	// Inside of another string of SQL.
	source`''[^'\s][^']*(?:''|$)`,
	source`(?:\bu&|\bn)?'(?:[^']|'')*(?:'|$)`,
	source`"(?:[^"\\]|\\[\s\S])*(?:\\?$|")`,
	source`\$(?<tag>[a-z_]\w*)?\$[\s\S]*?(?:\$\k<tag>\$|$)`,
].join('|');

// White space and comments. A comment ends at its first end: if it could run on, a row of n empty comments would have 2^n readings.
const space = source`(?:\s|/\*(?:[^*]|\*(?!/))*\*/|--[^\n]*\n)*`;
const names = source`(?:\w*passw(?:or)?d(?:_?(?:hash|digest))?|\w*passphrase|\w*pwd|\w*secret(?:_?key)?|\w*token|\w*api_?key|requirepass|masterauth)`;
const compared = source`["')]*(?:::\w+)?${space}(?::=|=>|<>|[!=]=|[=:]|\bi?like\b)${space}`;
/** `crypt('…', gen_salt('bf'))`: the secret is the first argument. */
const calls = source`(?:[\w.]+\(${space})*`;
const placeholder = source`(?!\$\d|\?|null\b)`;

const anyQuoted = new RegExp(quoted, 'gi');

const forms: readonly (readonly [RegExp, string])[] = [
	// A port and a path are no password, however many @ come after them.
	[/(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@'"]*):(?!\d+(?:[/?#\s'"]|$))(?:(?!:\/\/)[^\s'"])+@/gi, '$1:***@'],
	[new RegExp(source`\b(${names}${compared}${calls})${placeholder}(?:${quoted}|[^\s,;&)}]+)`, 'gi'), '$1***'],
	[new RegExp(source`\b(password(?!['"]\s*[:=]|")${space}${calls})(?:${quoted})`, 'gi'), '$1***'],
	[new RegExp(source`\b(crypt\(${space})(?:${quoted})`, 'gi'), '$1***'],
	[new RegExp(source`\b((?:identified\s+by|requirepass|masterauth)["']?\s+)(?:${quoted}|[^\s=:]\S*)`, 'gi'), '$1***'],
	[
		new RegExp(
			source`^([^\S\n]*["']?auth["']?[^\S\n]+)(?!failed\b|required\b|needed\b)(?:(?:${quoted}|\S+)[^\S\n]*){1,2}$`,
			'gim',
		),
		'$1***',
	],
	[new RegExp(source`(\bhello["']?\s+["']?[23]["']?\s+["']?auth["']?\s+\S+\s+)(?:${quoted}|\S+)`, 'gi'), '$1***'],
	[/(\bredis-cli\b[^\n]*?\s(?:-a|--pass)[\s=]+)(?:"[^"]*(?:"|$)|'[^']*(?:'|$)|\S+)/g, '$1***'],
	[/\b(bearer\s+)[\w.~+/=-]+/gi, '$1***'],
];

const insertInto = /\binsert\s+into\b/gi;
const columnName = new RegExp(source`\b${names}\b`, 'i');
/** Characters between the parts of an INSERT, and of its list of columns. */
const furthest = 400;
const longestColumns = 8000;

/**
 * A row of values does not say which of them is the password that its columns name: all strings of it are masked. Each part is looked for
 * once and not far: a text made to be slow to read must not stop the screen.
 */
function maskInserts(text: string): string {
	for (const {0: head, index} of text.matchAll(insertInto)) {
		const table = index + head.length;
		const open = text.slice(table, table + furthest + 1).search(/[(;]/);
		if (open < 0 || text[table + open] !== '(') continue;
		const columns = text.slice(table + open + 1, table + open + longestColumns);
		const close = columns.indexOf(')');
		if (close < 0 || !columnName.test(columns.slice(0, close))) continue;
		const behind = table + open + 1 + close + 1;
		const values = /^[^;]*?\bvalues\b/i.exec(text.slice(behind, behind + furthest + 6));
		if (values === null) continue;
		const rest = behind + values[0].length;
		return text.slice(0, rest) + text.slice(rest).replace(anyQuoted, '***');
	}
	return text;
}

/** `>` and `<` go before a password, `#` and `!` before its hash: https://redis.io/docs/latest/commands/acl-setuser/ */
const setUser = /\bacl["']?\s+["']?setuser\b[^\n]*/gi;

/** Most texts hold none of these, and are told by one look. */
const suspicious =
	/passw|passphrase|pwd|secret|token|api_?key|:\/\/|auth|crypt|identified|requirepass|redis-cli|setuser|bearer/i;

/** The same text without the secrets in it that can be told by their form. What is masked already stays as it is. */
export function redact(text: string): string {
	if (!suspicious.test(text)) return text;
	const masked = forms.reduce((left, [form, mask]) => left.replace(form, mask), text);
	return maskInserts(masked).replace(setUser, rules => rules.replace(/(\s["']?)[><#!][^\s"']+/g, '$1***'));
}

/** A scalar that YAML would read as something else when it stands bare. */
const plain = /^(?:[A-Za-z_/][\w./@:+-]*[\w./@+-]|\d[\w.-]*|[A-Za-z_/])(?: [\w./@+-]+)*$/;
/** Numbers, dates, and what older readers take for one of them. */
const figure = /^(?:[\d_.,+-]+|\d+[eExXoO][\w+-]*|\d{4}-\d\d-\d\d.*)$/;
const reserved = /^(?:true|false|yes|no|on|off|null|y|n|~)$/i;

function scalar(value: unknown): string {
	if (typeof value !== 'string') return JSON.stringify(value ?? null);
	return plain.test(value) && !reserved.test(value) && !figure.test(value) ? value : JSON.stringify(value);
}

const isBlock = (value: unknown): value is object =>
	typeof value === 'object' && value !== null && Object.keys(value).length > 0;

const empty = (value: unknown): string => (Array.isArray(value) ? '[]' : '{}');

/** JSON as lines of YAML, in the order in which it came. */
export function yamlLines(value: unknown, indent = ''): readonly string[] {
	if (!isBlock(value))
		return [`${indent}${typeof value === 'object' && value !== null ? empty(value) : scalar(value)}`];
	if (Array.isArray(value)) {
		return value.flatMap(member => {
			const [first = '', ...rest] = yamlLines(member, `${indent}  `);
			return [`${indent}- ${first.trimStart()}`, ...rest];
		});
	}
	return Object.entries(value).flatMap(([name, member]) => {
		if (member === undefined) return [];
		if (typeof member === 'string' && member.includes('\n')) {
			const lines = member.replace(/\n$/, '').split('\n');
			return [
				`${indent}${scalar(name)}: |${member.endsWith('\n') ? '' : '-'}`,
				...lines.map(line => `${indent}  ${line}`),
			];
		}
		if (isBlock(member)) {
			// A list stands as far left as its name, as kubectl writes it.
			return [`${indent}${scalar(name)}:`, ...yamlLines(member, Array.isArray(member) ? indent : `${indent}  `)];
		}
		return [
			`${indent}${scalar(name)}: ${typeof member === 'object' && member !== null ? empty(member) : scalar(member)}`,
		];
	});
}

/** One field that differs. Empty text: it is not there. */
export type FieldChange = {readonly field: string; readonly before: string; readonly after: string};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const isNamed = (value: unknown): value is Fields & {readonly name: string} =>
	isFields(value) && typeof value['name'] === 'string';

const longest = 160;

const shown = (value: unknown): string => {
	if (value === undefined) return '';
	const text = typeof value === 'string' ? value : JSON.stringify(value);
	return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
};

/** Members by which both sides are compared: names in lists of named things, such as containers and variables, else the place. */
function members(value: unknown): ReadonlyMap<string, unknown> | undefined {
	if (isFields(value)) return new Map(Object.entries(value).map(([name, member]) => [`.${name}`, member]));
	if (!Array.isArray(value)) return undefined;
	const named = value.length > 0 && value.every(isNamed);
	return new Map(value.map((member, index) => [named ? `[${(member as {name: string}).name}]` : `[${index}]`, member]));
}

/** What is added as a whole is told field by field too. */
const emptyCounterpart = (other: unknown): unknown => (isFields(other) ? {} : undefined);

/**
 * What differs between two values of JSON, field by field. The value of a variable of a container is never told: it may be a secret.
 */
export function objectDiff(before: unknown, after: unknown, path = ''): readonly FieldChange[] {
	if (JSON.stringify(before) === JSON.stringify(after)) return [];
	const [left, right] = [members(before ?? emptyCounterpart(after)), members(after ?? emptyCounterpart(before))];
	if (left === undefined || right === undefined) {
		const field = path.replace(/^\./, '');
		if (/\.env\[[^\][]+\](?:\.value)?$/.test(path)) {
			return [
				{
					field,
					before: before === undefined ? '' : '(not shown)',
					after: after === undefined ? '' : '(not shown, another)',
				},
			];
		}
		return [{field, before: shown(before), after: shown(after)}];
	}
	const names = new Set([...left.keys(), ...right.keys()]);
	return [...names].flatMap(name => objectDiff(left.get(name), right.get(name), `${path}${name}`));
}

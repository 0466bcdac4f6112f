/** One field that differs. An empty text means that the field does not exist. */
export type FieldChange = {readonly field: string; readonly before: string; readonly after: string};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

const isNamed = (value: unknown): value is Fields & {readonly name: string} =>
	isFields(value) && typeof value['name'] === 'string';

const maxLength = 160;

const formatValue = (value: unknown): string => {
	if (value === undefined) return '';
	const text = typeof value === 'string' ? value : JSON.stringify(value);
	return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
};

/** Members to compare: list items by their `name` where all have one (containers, variables), else by index. */
function members(value: unknown): ReadonlyMap<string, unknown> | undefined {
	if (isFields(value)) return new Map(Object.entries(value).map(([name, member]) => [`.${name}`, member]));
	if (!Array.isArray(value)) return undefined;
	const named = value.length > 0 && value.every(isNamed);
	return new Map(value.map((member, index) => [named ? `[${(member as {name: string}).name}]` : `[${index}]`, member]));
}

/** Counterpart of an object that exists on one side only, so that it is compared field by field, too. */
const emptyCounterpart = (other: unknown): unknown => (isFields(other) ? {} : undefined);

/**
 * The differences between two JSON values, field by field. The value of an environment variable is never shown: it may be a secret.
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
					after: after === undefined ? '' : '(not shown, changed)',
				},
			];
		}
		return [{field, before: formatValue(before), after: formatValue(after)}];
	}
	const names = new Set([...left.keys(), ...right.keys()]);
	return [...names].flatMap(name => objectDiff(left.get(name), right.get(name), `${path}${name}`));
}

import type {StringMap} from '../../../src/port/kubernetes-objects.ts';

/** What a leaf must be to be kept. `own` is a text that hardly any other object has; `notes` is `words` without long values. */
type ProjectedLeaf = 'text' | 'own' | 'number' | 'flag' | 'words' | 'notes' | 'number-or-text';

/** The fields that are kept of a type: the compiler sees to it that none is forgotten and none is of another type. */
export type Projection<T> = [T] extends [string]
	? 'text' | 'own'
	: [T] extends [number]
		? 'number'
		: [T] extends [boolean]
			? 'flag'
			: [T] extends [number | string]
				? 'number-or-text'
				: string extends keyof T
					? 'words' | 'notes'
					: T extends readonly (infer Item)[]
						? readonly [Projection<Item>]
						: {readonly [Key in keyof T]-?: Projection<NonNullable<T[Key]>>};

type AnyProjection = ProjectedLeaf | readonly [AnyProjection] | {readonly [key: string]: AnyProjection};

const maxShortValueLength = 256;
const maxInternedLength = 64;
const maxInternedStrings = 50_000;

/** The same word stands in thousands of objects: namespaces, nodes, reasons, images. One copy is kept. */
let internedStrings = new Map<string, string>();
function intern(text: string): string {
	if (text.length > maxInternedLength) return text;
	const known = internedStrings.get(text);
	if (known !== undefined) return known;
	if (internedStrings.size >= maxInternedStrings) internedStrings = new Map();
	internedStrings.set(text, text);
	return text;
}

function projectStringMap(value: object, longest: number): StringMap {
	const kept: Record<string, string> = {};
	for (const [name, text] of Object.entries(value)) {
		if (typeof text === 'string' && text.length <= longest) kept[name] = intern(text);
	}
	return kept;
}

function projectValue(value: unknown, shape: AnyProjection): unknown {
	switch (shape) {
		case 'text':
			return typeof value === 'string' ? intern(value) : undefined;
		case 'own':
			return typeof value === 'string' ? value : undefined;
		case 'number':
			return typeof value === 'number' ? value : undefined;
		case 'flag':
			return typeof value === 'boolean' ? value : undefined;
		case 'number-or-text':
			return typeof value === 'number' || typeof value === 'string' ? value : undefined;
	}
	if (typeof value !== 'object' || value === null) return undefined;
	if (shape === 'words') return projectStringMap(value, Number.POSITIVE_INFINITY);
	if (shape === 'notes') return projectStringMap(value, maxShortValueLength);
	if (isList(shape)) {
		if (!Array.isArray(value)) return undefined;
		const [inner] = shape;
		return value.map(item => projectValue(item, inner)).filter(item => item !== undefined);
	}
	const from = value as Readonly<Record<string, unknown>>;
	const kept: Record<string, unknown> = {};
	for (const name in shape) {
		const inner = shape[name];
		const part = inner === undefined || from[name] === undefined ? undefined : projectValue(from[name], inner);
		if (part !== undefined) kept[name] = part;
	}
	return kept;
}

const isList = (shape: AnyProjection): shape is readonly [AnyProjection] => Array.isArray(shape);

/** What `value` has of the fields of `shape`, of the right types; whatever else it has is dropped. */
export const project = <T>(value: unknown, shape: Projection<T>): Partial<T> | undefined =>
	projectValue(value, shape as AnyProjection) as Partial<T> | undefined;

import type {Words} from '../../../src/port/kubernetes-objects.ts';

/** What a leaf must be to be kept. `own` is a text that hardly any other object has; `notes` is `words` without long values. */
type Leaf = 'text' | 'own' | 'number' | 'flag' | 'words' | 'notes' | 'number-or-text';

/** The fields that are kept of a type: the compiler sees to it that none is forgotten and none is of another type. */
export type Shape<T> = [T] extends [string]
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
						? readonly [Shape<Item>]
						: {readonly [Key in keyof T]-?: Shape<NonNullable<T[Key]>>};

type AnyShape = Leaf | readonly [AnyShape] | {readonly [key: string]: AnyShape};

const longestNote = 256;
const longestShared = 64;
const mostShared = 50_000;

/** The same word stands in thousands of objects: namespaces, nodes, reasons, images. One copy is kept. */
let shared = new Map<string, string>();
function share(text: string): string {
	if (text.length > longestShared) return text;
	const known = shared.get(text);
	if (known !== undefined) return known;
	if (shared.size >= mostShared) shared = new Map();
	shared.set(text, text);
	return text;
}

function keepWords(value: object, longest: number): Words {
	const kept: Record<string, string> = {};
	for (const [name, text] of Object.entries(value)) {
		if (typeof text === 'string' && text.length <= longest) kept[name] = share(text);
	}
	return kept;
}

function keep(value: unknown, shape: AnyShape): unknown {
	switch (shape) {
		case 'text':
			return typeof value === 'string' ? share(value) : undefined;
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
	if (shape === 'words') return keepWords(value, Number.POSITIVE_INFINITY);
	if (shape === 'notes') return keepWords(value, longestNote);
	if (isList(shape)) {
		if (!Array.isArray(value)) return undefined;
		const [inner] = shape;
		return value.map(item => keep(item, inner)).filter(item => item !== undefined);
	}
	const from = value as Readonly<Record<string, unknown>>;
	const kept: Record<string, unknown> = {};
	for (const name in shape) {
		const inner = shape[name];
		const part = inner === undefined || from[name] === undefined ? undefined : keep(from[name], inner);
		if (part !== undefined) kept[name] = part;
	}
	return kept;
}

const isList = (shape: AnyShape): shape is readonly [AnyShape] => Array.isArray(shape);

/** What `value` has of the fields of `shape`, of the right types; whatever else it has is dropped. */
export const trimmed = <T>(value: unknown, shape: Shape<T>): Partial<T> | undefined =>
	keep(value, shape as AnyShape) as Partial<T> | undefined;

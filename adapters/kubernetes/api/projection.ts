import type {StringMap} from '../../../src/port/kubernetes-objects.ts';

/**
 * How to project a leaf. `text` is interned; `unshared-text` is not, because hardly two objects have the same; a `short-string-map` drops
 * values of more than 256 characters.
 */
type ProjectedLeaf =
	| 'text'
	| 'unshared-text'
	| 'number'
	| 'boolean'
	| 'string-map'
	| 'short-string-map'
	| 'number-or-text';

/** The fields to keep of a type. The compiler checks that every field of `T` is listed, with its type. */
export type Projection<T> = [T] extends [string]
	? 'text' | 'unshared-text'
	: [T] extends [number]
		? 'number'
		: [T] extends [boolean]
			? 'boolean'
			: [T] extends [number | string]
				? 'number-or-text'
				: string extends keyof T
					? 'string-map' | 'short-string-map'
					: T extends readonly (infer Item)[]
						? readonly [Projection<Item>]
						: {readonly [Key in keyof T]-?: Projection<NonNullable<T[Key]>>};

type AnyProjection = ProjectedLeaf | readonly [AnyProjection] | {readonly [key: string]: AnyProjection};

const maxShortValueLength = 256;
const maxInternedLength = 64;
const maxInternedStrings = 50_000;

/** Returns an equal string; the same one for equal arguments where they are interned. */
export type Intern = (text: string) => string;

const withoutInterning: Intern = text => text;

/** Interns short strings, such as namespaces, nodes, reasons and images, which thousands of objects share. */
export function createInterner(): {readonly intern: Intern; clear(): void} {
	const strings = new Map<string, string>();
	return {
		intern(text) {
			if (text.length > maxInternedLength) return text;
			const interned = strings.get(text);
			if (interned !== undefined) return interned;
			if (strings.size >= maxInternedStrings) strings.clear();
			strings.set(text, text);
			return text;
		},
		clear: () => strings.clear(),
	};
}

function projectStringMap(value: object, maxLength: number, intern: Intern): StringMap {
	const projected: Record<string, string> = {};
	for (const [name, text] of Object.entries(value)) {
		if (typeof text === 'string' && text.length <= maxLength) projected[name] = intern(text);
	}
	return projected;
}

function projectValue(value: unknown, projection: AnyProjection, intern: Intern): unknown {
	switch (projection) {
		case 'text':
			return typeof value === 'string' ? intern(value) : undefined;
		case 'unshared-text':
			return typeof value === 'string' ? value : undefined;
		case 'number':
			return typeof value === 'number' ? value : undefined;
		case 'boolean':
			return typeof value === 'boolean' ? value : undefined;
		case 'number-or-text':
			return typeof value === 'number' || typeof value === 'string' ? value : undefined;
	}
	if (typeof value !== 'object' || value === null) return undefined;
	if (projection === 'string-map') return projectStringMap(value, Number.POSITIVE_INFINITY, intern);
	if (projection === 'short-string-map') return projectStringMap(value, maxShortValueLength, intern);
	if (isList(projection)) {
		if (!Array.isArray(value)) return undefined;
		const [inner] = projection;
		return value.map(item => projectValue(item, inner, intern)).filter(item => item !== undefined);
	}
	const from = value as Readonly<Record<string, unknown>>;
	const projected: Record<string, unknown> = {};
	for (const name in projection) {
		const inner = projection[name];
		const part = inner === undefined || from[name] === undefined ? undefined : projectValue(from[name], inner, intern);
		if (part !== undefined) projected[name] = part;
	}
	return projected;
}

const isList = (projection: AnyProjection): projection is readonly [AnyProjection] => Array.isArray(projection);

/** Returns the fields of `value` that the projection lists, where they have the right type. */
export const project = <T>(
	value: unknown,
	projection: Projection<T>,
	intern: Intern = withoutInterning,
): Partial<T> | undefined => projectValue(value, projection as AnyProjection, intern) as Partial<T> | undefined;

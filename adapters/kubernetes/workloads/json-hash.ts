import {createHash} from 'node:crypto';

/** JSON with the keys of every object sorted, so that equal values have equal text. */
export const orderedJson = (value: unknown): string =>
	JSON.stringify(value, (_key, member: unknown) =>
		typeof member === 'object' && member !== null && !Array.isArray(member)
			? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
			: member,
	);

/** Short hash of a value: the first eight hexadecimal digits of the SHA-256 of its sorted JSON. */
export const jsonHash = (value: unknown): string =>
	createHash('sha256')
		.update(orderedJson(value) ?? '')
		.digest('hex')
		.slice(0, 8);

import {createHash} from 'node:crypto';

/** JSON text with the keys of every object in order, so that equal values have equal text. */
export const orderedJson = (value: unknown): string =>
	JSON.stringify(value, (_key, member: unknown) =>
		typeof member === 'object' && member !== null && !Array.isArray(member)
			? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
			: member,
	);

/** A short name of what a value is: eight hexadecimal digits of its SHA-256. */
export const jsonHash = (value: unknown): string =>
	createHash('sha256')
		.update(orderedJson(value) ?? '')
		.digest('hex')
		.slice(0, 8);

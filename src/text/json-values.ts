/* Parsed JSON of a server, of which no shape is known: what is not as expected reads as empty. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** The fields of an object or a list; none for other values. */
export const asObject = (value: unknown): JsonObject =>
	typeof value === 'object' && value !== null ? (value as JsonObject) : {};

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

import {AdapterError} from '../../../src/errors.ts';

/** One row. Every value is the server's text. */
export type TextRow = Readonly<Record<string, string | null>>;
export type TextRows = readonly TextRow[];

const malformed = (column: string, value: unknown): AdapterError =>
	new AdapterError(
		'malformed',
		`the server answered ${String(value)} for ${column}`,
		'Report this with the version of the server.',
	);

export const optionalText = (row: TextRow, column: string): string | undefined => row[column] ?? undefined;

/** The text of a column. @throws AdapterError `malformed` when it is NULL. */
export function requiredText(row: TextRow, column: string): string {
	const value = row[column];
	if (value === null || value === undefined) throw malformed(column, value);
	return value;
}

/** The number of a column; undefined when it is NULL. @throws AdapterError `malformed` when it is not a number. */
export function optionalNumber(row: TextRow, column: string): number | undefined {
	const value = row[column];
	if (value === null || value === undefined) return undefined;
	const parsed = Number(value);
	if (value === '' || Number.isNaN(parsed)) throw malformed(column, value);
	return parsed;
}

/** The number of a column. @throws AdapterError `malformed` when it is NULL or not a number. */
export function requiredNumber(row: TextRow, column: string): number {
	const value = optionalNumber(row, column);
	if (value === undefined) throw malformed(column, null);
	return value;
}

/** PostgreSQL writes `t` and `f`. */
export const requiredBoolean = (row: TextRow, column: string): boolean => row[column] === 't';

export const optionalBoolean = (row: TextRow, column: string): boolean | undefined =>
	row[column] === null || row[column] === undefined ? undefined : requiredBoolean(row, column);

/** The first row of a result that always has one. @throws AdapterError `malformed` when it has none. */
export function firstRow(rows: TextRows): TextRow {
	const [first] = rows;
	if (first === undefined) throw malformed('a row', 'none');
	return first;
}

import type {Row} from './row.ts';

export type Param<R extends Row = Row> = {
	readonly name: string;
	readonly label: string;
	readonly hint: string;
	/** Returns the value that the field starts with, computed from the selected rows. */
	initial(rows: readonly R[]): string;
	/** Returns a sentence that says what is wrong and what is allowed; undefined when the text is valid. Synchronous. */
	problem(text: string): string | undefined;
};

/** `params` holds text that has passed each Param's `problem`. */
export type Params = Readonly<Record<string, string>>;

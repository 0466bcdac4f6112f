import type {Row} from './row.ts';

export type Param = {
	readonly name: string;
	readonly label: string;
	readonly hint: string;
	/** Offered in the field, computed from what is selected. */
	initial(rows: readonly Row[]): string;
	/** The sentence that says what is wrong and what is allowed, or undefined when it is right. Synchronous. */
	problem(text: string): string | undefined;
};

/** `params` holds text that has passed each Param's `problem`. */
export type Params = Readonly<Record<string, string>>;

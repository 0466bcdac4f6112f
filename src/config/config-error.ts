/** One mistake, as one line without the file's name: what is wrong and what is allowed. */
export type Mistake = {
	/** 1-based; undefined when it is about the file as a whole. */
	readonly line?: number;
	readonly column?: number;
	readonly text: string;
};

/** The configuration cannot be used. The message has one line a mistake, `file:line:column: what is wrong`, and never a secret. */
export class ConfigError extends Error {
	override readonly name = 'ConfigError';
	readonly file: string;
	readonly mistakes: readonly Mistake[];

	constructor(file: string, mistakes: readonly Mistake[], options?: {readonly cause?: unknown}) {
		super(mistakes.map(mistake => lineOf(file, mistake)).join('\n'), options);
		this.file = file;
		this.mistakes = mistakes;
	}
}

function lineOf(file: string, {line, column, text}: Mistake): string {
	return line === undefined ? `${file}: ${text}` : `${file}:${line}:${column ?? 1}: ${text}`;
}

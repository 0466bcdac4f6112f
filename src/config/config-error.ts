/** One mistake in a file. `text` is one line that says what is wrong and what is allowed, without the file name. */
export type Mistake = {
	/** 1-based; undefined when the mistake concerns the complete file. */
	readonly line?: number;
	readonly column?: number;
	readonly text: string;
};

/** Thrown when a configuration file cannot be used. The message has one line per mistake, `file:line:column: text`, and never a secret. */
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

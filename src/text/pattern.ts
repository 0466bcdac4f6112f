/** A regular expression that a person typed. Its syntax is that of RE2, and it takes linear time, whatever it is and reads. */
export type Pattern = {
	/** Whether it matches somewhere in the text. */
	matchesSomewhere(text: string): boolean;
	/** Whether it matches the text from its start to its end. */
	matchesEntirely(text: string): boolean;
};

let engine: typeof import('re2js') | undefined;

/** Loads the engine, which is no part of the first frame: where an expression can be typed, this is called before. */
export async function loadPatterns(): Promise<void> {
	engine ??= await import('re2js');
}

const longestSaid = 120;
const unknownSyntax = /Perl syntax|escape sequence/;

/**
 * @returns undefined as long as the engine is not loaded. @throws SyntaxError that says in a few words what is wrong with the expression.
 * https://github.com/google/re2/wiki/Syntax
 */
export function compilePattern(source: string, ignoreCase = false): Pattern | undefined {
	if (engine === undefined) return undefined;
	const {RE2JS} = engine;
	try {
		const compiled = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
		return {matchesSomewhere: text => compiled.test(text), matchesEntirely: text => compiled.testExact(text)};
	} catch (error) {
		const said = (error instanceof Error ? error.message : String(error)).replace(/^error parsing regexp: /, '');
		const hint = unknownSyntax.test(said) ? ' (RE2 knows no lookaround and no back-reference)' : '';
		// It repeats what was typed, which may be long.
		const short = said.length > longestSaid ? `${said.slice(0, longestSaid - 1)}…` : said;
		throw new SyntaxError(`${short}${hint}`);
	}
}

import {lazyLoad} from '../lazy.ts';

/** A regular expression that the user typed. RE2 syntax; matching takes linear time for any pattern and text. */
export type Pattern = {
	/** Returns true when it matches anywhere in the text. */
	matchesSomewhere(text: string): boolean;
	/** Returns true when it matches the text from start to end. */
	matchesEntirely(text: string): boolean;
};

const engine = lazyLoad(() => import('re2js'));

/** Loads the engine, which the first frame does not need. Call it where the user can type an expression. */
export async function loadPatterns(): Promise<void> {
	await engine.load();
}

const maxMessageLength = 120;
const unknownSyntax = /Perl syntax|escape sequence/;

/**
 * @returns undefined as long as the engine is not loaded. @throws SyntaxError with a short message about the expression.
 * https://github.com/google/re2/wiki/Syntax
 */
export function compilePattern(source: string, ignoreCase = false): Pattern | undefined {
	const loaded = engine.loaded();
	if (loaded === undefined) return undefined;
	const {RE2JS} = loaded;
	try {
		const compiled = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
		return {matchesSomewhere: text => compiled.test(text), matchesEntirely: text => compiled.testExact(text)};
	} catch (error) {
		const message = (error instanceof Error ? error.message : String(error)).replace(/^error parsing regexp: /, '');
		const hint = unknownSyntax.test(message) ? ' (RE2 knows no lookaround and no back-reference)' : '';
		// The message repeats the pattern, which may be long.
		const short = message.length > maxMessageLength ? `${message.slice(0, maxMessageLength - 1)}…` : message;
		throw new SyntaxError(`${short}${hint}`);
	}
}

/** The maximum length of the text that a confirmation requires, in characters. */
const maxLength = 8;

/** The minimum length of a last word that names an object: the last word of `postgres-0` would be `0`. */
const minWordLength = 3;

/** Consonants that are easy to distinguish in every font. Without vowels and repeated letters, four of them never form a word. */
const codeLetters = 'dhjknprtvx';

const codeLength = 4;

/** Derives four different letters from the hash of a plan (hex). The same plan gives the same code. */
function codeOf(hash: string): string {
	const remaining = [...codeLetters];
	let number = Number.parseInt(hash.slice(0, 12), 16) || 0;
	let code = '';
	while (code.length < codeLength) {
		code += remaining.splice(number % remaining.length, 1)[0] ?? '';
		number = Math.floor(number / codeLetters.length);
	}
	return code;
}

/**
 * Returns the text that the user types to name an object, at most 8 ASCII characters: the name when it is short enough (`4411`, `512mb`), else
 * its last word (`api` of `checkout/api`, `x2k4p` of `api-7f9c6d-x2k4p`), else a code of the plan. Never a complete path.
 */
export function shortName(object: string, hash: string): string {
	const name = object.trim().split('/').at(-1) ?? '';
	if (/^[\w.:+-]+$/.test(name) && name.length <= maxLength) return name;
	const word = name.split(/[^A-Za-z0-9]/).at(-1) ?? '';
	return word.length >= minWordLength && word.length <= maxLength ? word : codeOf(hash);
}

/** The longest text that a confirmation asks to be typed, in characters. */
const longest = 8;

/** The shortest last word that still names an object: of `postgres-0` the last word would be `0`. */
const shortestWord = 3;

/** Consonants that no two fonts confuse. Without vowels, and with no letter twice, four of them spell nothing. */
const codeLetters = 'dhjknprtvx';

const codeLength = 4;

/** Four different letters derived from the hash of a plan (hex): the same plan gives the same code. */
function codeOf(hash: string): string {
	const left = [...codeLetters];
	let number = Number.parseInt(hash.slice(0, 12), 16) || 0;
	let code = '';
	while (code.length < codeLength) {
		code += left.splice(number % left.length, 1)[0] ?? '';
		number = Math.floor(number / codeLetters.length);
	}
	return code;
}

/**
 * What a person types to name an object, at most 8 characters of ASCII: the name itself when it is short enough (`4411`, `512mb`), else its
 * last word (`api` of `checkout/api`, `x2k4p` of `api-7f9c6d-x2k4p`), else a code of the plan. Never a whole path.
 */
export function shortName(object: string, hash: string): string {
	const name = object.trim().split('/').at(-1) ?? '';
	if (/^[\w.:+-]+$/.test(name) && name.length <= longest) return name;
	const word = name.split(/[^A-Za-z0-9]/).at(-1) ?? '';
	return word.length >= shortestWord && word.length <= longest ? word : codeOf(hash);
}

/** Maximum nesting depth. The APIs that midwatch reads need fewer than fifty levels. */
export const deepestJson = 200;
/** Maximum estimated bytes of the parsed values. */
const largestParsed = 256 * 1024 * 1024;
const objectBytes = 72;
const memberBytes = 16;

/** The JSON would take too much memory, or is so deep that walking through it would overflow the stack. */
export class JsonBoundError extends Error {}

const quote = 34;
const backslash = 92;
const comma = 44;

/** Checks depth and estimated size before parsing. @throws JsonBoundError */
export function checkJsonBounds(text: string): void {
	let depth = 0;
	let bytes = 0;
	for (let at = 0; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		if (code === quote) {
			at = stringEnd(text, at + 1);
		} else if (code === comma) bytes += memberBytes;
		else if (code === 123 || code === 91) {
			depth += 1;
			bytes += objectBytes;
			if (depth > deepestJson) throw new JsonBoundError(`is nested more than ${deepestJson} levels deep`);
		} else if (code === 125 || code === 93) depth -= 1;
		if (bytes > largestParsed)
			throw new JsonBoundError(
				`has so many values that they take more than ${largestParsed / 1024 / 1024} MB of memory`,
			);
	}
}

/** Returns the index of the quote that ends a string; the end of the text without one. */
function stringEnd(text: string, from: number): number {
	for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
		let before = at - 1;
		while (before >= from && text.charCodeAt(before) === backslash) before -= 1;
		if ((at - before) % 2 === 1) return at;
	}
	return text.length;
}

/** JSON.parse with limits for depth and memory. @throws JsonBoundError, and SyntaxError for invalid JSON. */
export function parseBoundedJson(text: string): unknown {
	checkJsonBounds(text);
	return JSON.parse(text) as unknown;
}

/** Levels of objects and lists within one another. The APIs that are read need fewer than fifty. */
export const deepestJson = 200;
/** Bytes that the values may take once they are parsed, by estimate. */
const largestParsed = 256 * 1024 * 1024;
const objectBytes = 72;
const memberBytes = 16;

/** JSON that is well formed perhaps, and would take too much memory, or overflow the stack of what walks through it. */
export class JsonBoundError extends Error {}

const quote = 34;
const backslash = 92;
const comma = 44;

/** @throws JsonBoundError */
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

/** The place of the quote that ends a string; the end of the text when none does. */
function stringEnd(text: string, from: number): number {
	for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
		let before = at - 1;
		while (before >= from && text.charCodeAt(before) === backslash) before -= 1;
		if ((at - before) % 2 === 1) return at;
	}
	return text.length;
}

/** As JSON.parse, within bounds of depth and memory. @throws JsonBoundError, and SyntaxError when it is no JSON. */
export function parseBoundedJson(text: string): unknown {
	checkJsonBounds(text);
	return JSON.parse(text) as unknown;
}

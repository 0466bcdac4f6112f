import {AdapterError} from '../../../src/errors.ts';
import {deepestJson, JsonBoundError, parseBoundedJson} from '../../../src/text/bounded-json.ts';
import {isOverBudget, yieldToLoop} from '../../../src/time/yield.ts';

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** What stands around the items of a list is small: its kind and metadata, or the columns of a table. */
const maxHeaderBytes = 1024 * 1024;
const maxItemBytes = 16 * 1024 * 1024;
/** Of one answer. Kubernetes is tested with 150,000 pods a cluster. */
const maxItems = 500_000;

const malformedJson = (what: string, cause?: unknown): AdapterError =>
	new AdapterError(
		'malformed',
		`the list cannot be read: ${what}`,
		'Check the network and any proxy between midwatch and the API server.',
		{
			cause,
		},
	);

/**
 * Reads a list as it comes: each element of the array at `key` of the top object is parsed by itself and given to `take`, so that a list of
 * any length neither holds the event loop nor stands in memory as a whole.
 * @returns the top object with an empty array in that place.
 * @throws AdapterError `malformed` when it is no such object, or ends early.
 */
export async function readListItems(
	chunks: AsyncIterable<Buffer>,
	key: string,
	take: (item: unknown) => void,
): Promise<Readonly<Record<string, unknown>>> {
	const rest: Buffer[] = [];
	let restSize = 0;
	const piece: Buffer[] = [];
	let pieceSize = 0;
	let items = 0;
	let depth = 0;
	let inString = false;
	let escaped = false;
	/** Where the string at depth 1 began, so that the key before the array is known. */
	let name: number[] | undefined;
	let lastName = '';
	/** Between the brackets of the array. */
	let inItems = false;

	for await (const chunk of chunks) {
		let from = 0;
		for (let at = 0; at < chunk.length; at++) {
			const byte = chunk[at] ?? 0;
			if (inString) {
				if (escaped) escaped = false;
				else if (byte === backslash) escaped = true;
				else if (byte === quote) {
					inString = false;
					if (name !== undefined) lastName = String.fromCharCode(...name);
					name = undefined;
				}
				if (name !== undefined && name.length < 64) name.push(byte);
				continue;
			}
			switch (byte) {
				case quote:
					inString = true;
					if (depth === 1) name = [];
					break;
				case openBrace:
					if (inItems && depth === 2) from = at;
					depth += 1;
					assertDepth(depth);
					break;
				case openBracket:
					depth += 1;
					assertDepth(depth);
					if (depth === 2 && lastName === key && !inItems) {
						keepRest(chunk.subarray(from, at + 1));
						inItems = true;
						from = at + 1;
					}
					break;
				case closeBrace:
					depth -= 1;
					if (inItems && depth === 2) {
						finish(chunk.subarray(from, at + 1));
						from = at + 1;
						if (isOverBudget()) await yieldToLoop();
					}
					break;
				case closeBracket:
					depth -= 1;
					if (inItems && depth === 1) {
						inItems = false;
						lastName = '';
						from = at;
					}
					break;
			}
		}
		if (!inItems) keepRest(chunk.subarray(from));
		else if (depth > 2) keepPiece(chunk.subarray(from));
		if (isOverBudget()) await yieldToLoop();
	}
	if (depth !== 0 || inString) throw malformedJson('it ends in the middle');

	function keepRest(part: Buffer): void {
		restSize += part.length;
		if (restSize > maxHeaderBytes) throw malformedJson('it is not a list of the API');
		rest.push(part);
	}

	function keepPiece(part: Buffer): void {
		pieceSize += part.length;
		if (pieceSize > maxItemBytes) throw malformedJson('one object has more than 16 MB');
		// A copy: the chunk may be far larger than what is kept of it.
		piece.push(Buffer.from(part));
	}

	function finish(last: Buffer): void {
		const whole = piece.length === 0 ? last : Buffer.concat([...piece, last]);
		piece.length = 0;
		pieceSize = 0;
		items += 1;
		if (items > maxItems) throw malformedJson(`it has more than ${maxItems} objects`);
		take(parse(whole));
	}

	const top = parse(Buffer.concat(rest));
	if (typeof top !== 'object' || top === null || Array.isArray(top)) throw malformedJson('it is not an object');
	return top as Readonly<Record<string, unknown>>;
}

function assertDepth(depth: number): void {
	if (depth > deepestJson) throw malformedJson(`it is nested more than ${deepestJson} levels deep`);
}

function parse(bytes: Buffer): unknown {
	try {
		return parseBoundedJson(bytes.toString('utf8'));
	} catch (error) {
		if (error instanceof JsonBoundError) throw malformedJson(`an object ${error.message}`);
		throw malformedJson('it is not JSON', error);
	}
}

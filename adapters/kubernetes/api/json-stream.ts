import {AdapterError} from '../../../src/errors.ts';
import {deepestJson, JsonBoundError, parseBoundedJson} from '../../../src/text/bounded-json.ts';
import {isOverBudget, yieldToLoop} from '../../../src/time/yield.ts';

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** The part around the items is small: kind and metadata of the list, or the columns of a table. */
const maxHeaderBytes = 1024 * 1024;
const maxItemBytes = 16 * 1024 * 1024;
/** Kubernetes is tested with 150,000 pods a cluster. */
const maxItems = 500_000;

const malformedJson = (what: string, cause?: unknown): AdapterError =>
	new AdapterError(
		'malformed',
		`the list cannot be read: ${what}`,
		'Check the network and any proxy between midwatch and the API server.',
		{cause},
	);

/**
 * Parses a list as it arrives: each element of the array at `key` of the top-level object is parsed on its own and passed to `take`, so that
 * a list of any length neither blocks the event loop nor is held in memory completely.
 * @returns the top-level object with an empty array at `key`.
 * @throws AdapterError `malformed` when it is no such object, or ends early.
 */
export async function readListItems(
	chunks: AsyncIterable<Buffer>,
	key: string,
	take: (item: unknown) => void,
): Promise<Readonly<Record<string, unknown>>> {
	const header = createHeaderBuffer();
	const items = createItemBuffer(take);
	let depth = 0;
	let inString = false;
	let escaped = false;
	/** Bytes of the current string at depth 1, to know the key before an array. */
	let name: number[] | undefined;
	let lastName = '';
	/** Inside the array. */
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
						header.add(chunk.subarray(from, at + 1));
						inItems = true;
						from = at + 1;
					}
					break;
				case closeBrace:
					depth -= 1;
					if (inItems && depth === 2) {
						items.finish(chunk.subarray(from, at + 1));
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
		if (!inItems) header.add(chunk.subarray(from));
		else if (depth > 2) items.add(chunk.subarray(from));
		if (isOverBudget()) await yieldToLoop();
	}
	if (depth !== 0 || inString) throw malformedJson('it ends in the middle');
	return header.parse();
}

/** Collects the bytes outside of the items. */
function createHeaderBuffer() {
	const parts: Buffer[] = [];
	let size = 0;
	return {
		add(part: Buffer): void {
			size += part.length;
			if (size > maxHeaderBytes) throw malformedJson('it is not a list of the API');
			parts.push(part);
		},
		parse(): Readonly<Record<string, unknown>> {
			const top = parse(Buffer.concat(parts));
			if (typeof top !== 'object' || top === null || Array.isArray(top)) throw malformedJson('it is not an object');
			return top as Readonly<Record<string, unknown>>;
		},
	};
}

/** Collects the bytes of an item that spans chunks, and parses each complete item. */
function createItemBuffer(take: (item: unknown) => void) {
	const parts: Buffer[] = [];
	let size = 0;
	let count = 0;
	return {
		add(part: Buffer): void {
			size += part.length;
			if (size > maxItemBytes) throw malformedJson('one object has more than 16 MB');
			// A copy: the chunk may be far larger than this part of it.
			parts.push(Buffer.from(part));
		},
		finish(last: Buffer): void {
			const item = parts.length === 0 ? last : Buffer.concat([...parts, last]);
			parts.length = 0;
			size = 0;
			count += 1;
			if (count > maxItems) throw malformedJson(`it has more than ${maxItems} objects`);
			take(parse(item));
		},
	};
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

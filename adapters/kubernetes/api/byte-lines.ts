import {AdapterError} from '../../../src/errors.ts';

/** Splits a byte stream into lines without their line feeds; yields the lines of one chunk together. */
export async function* byteLines(
	chunks: AsyncIterable<Buffer>,
	limits: {
		/** Bytes. @throws AdapterError `malformed` for a longer line, unless `cut` is set. */
		readonly maxLineBytes: number;
		/** Cuts a line that is too long and appends how many bytes were dropped. */
		readonly cut?: true;
		/** Drops a last line that has no line feed: the stream may have ended in the middle of it. */
		readonly dropUnterminated: boolean;
	},
): AsyncGenerator<readonly string[]> {
	let parts: Buffer[] = [];
	let size = 0;
	/** The current line has reached the limit; `dropped` counts the bytes beyond it. */
	let full = false;
	let dropped = 0;
	for await (const chunk of chunks) {
		const lines: string[] = [];
		let from = 0;
		for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
			const last = chunk.subarray(from, end);
			if (full) lines.push(cutLine(parts, dropped + last.length));
			else lines.push((parts.length === 0 ? last : Buffer.concat([...parts, last])).toString('utf8'));
			parts = [];
			size = 0;
			full = false;
			dropped = 0;
			from = end + 1;
		}
		if (from < chunk.length && full) dropped += chunk.length - from;
		else if (from < chunk.length) {
			parts.push(Buffer.from(chunk.subarray(from)));
			size += chunk.length - from;
			if (size > limits.maxLineBytes && limits.cut === true) full = true;
			else if (size > limits.maxLineBytes) {
				const hint = 'Check the network and any proxy between midwatch and the API server.';
				throw new AdapterError('malformed', `a line of more than ${limits.maxLineBytes} bytes`, hint);
			}
		}
		if (lines.length > 0) yield lines;
	}
	if (full && !limits.dropUnterminated) yield [cutLine(parts, dropped)];
	else if (parts.length > 0 && !limits.dropUnterminated) yield [Buffer.concat(parts).toString('utf8')];
}

const cutLine = (parts: readonly Buffer[], dropped: number): string =>
	`${Buffer.concat(parts).toString('utf8')}${dropped === 0 ? '' : ` … ${dropped} more bytes`}`;

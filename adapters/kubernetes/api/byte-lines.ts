import {AdapterError} from '../../../src/errors.ts';

/** The lines of a stream, those of one chunk together, without their ends. A last line without an end comes too, unless `whole`. */
export async function* byteLines(
	chunks: AsyncIterable<Buffer>,
	limits: {
		/** Bytes. @throws AdapterError `malformed` beyond it, unless they are `cut`. */
		readonly longest: number;
		/** The rest of a line that is too long is dropped, and that is told at its end. */
		readonly cut?: true;
		/** A last line that was cut off is dropped. */
		readonly whole: boolean;
	},
): AsyncGenerator<readonly string[]> {
	let begun: Buffer[] = [];
	let size = 0;
	/** The line under way is long enough; how many more bytes it had. */
	let full = false;
	let dropped = 0;
	for await (const chunk of chunks) {
		const lines: string[] = [];
		let from = 0;
		for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
			const last = chunk.subarray(from, end);
			if (full) lines.push(cutLine(begun, dropped + last.length));
			else lines.push((begun.length === 0 ? last : Buffer.concat([...begun, last])).toString('utf8'));
			begun = [];
			size = 0;
			full = false;
			dropped = 0;
			from = end + 1;
		}
		if (from < chunk.length && full) dropped += chunk.length - from;
		else if (from < chunk.length) {
			begun.push(Buffer.from(chunk.subarray(from)));
			size += chunk.length - from;
			if (size > limits.longest && limits.cut === true) full = true;
			else if (size > limits.longest) {
				const hint = 'Check what stands between here and the API server.';
				throw new AdapterError('malformed', `a line of more than ${limits.longest} bytes`, hint);
			}
		}
		if (lines.length > 0) yield lines;
	}
	if (full && !limits.whole) yield [cutLine(begun, dropped)];
	else if (begun.length > 0 && !limits.whole) yield [Buffer.concat(begun).toString('utf8')];
}

const cutLine = (begun: readonly Buffer[], dropped: number): string =>
	`${Buffer.concat(begun).toString('utf8')}${dropped === 0 ? '' : ` … ${dropped} more bytes`}`;

import {AdapterError} from '../../src/errors.ts';

/** The lines of a stream, those of one chunk together, without their ends. A last line without an end comes too, unless `whole`. */
export async function* byteLines(
	chunks: AsyncIterable<Buffer>,
	limits: {
		/** Bytes. @throws AdapterError `malformed` beyond it. */
		readonly longest: number;
		/** A last line that was cut off is dropped. */
		readonly whole: boolean;
	},
): AsyncGenerator<readonly string[]> {
	let begun: Buffer[] = [];
	let size = 0;
	for await (const chunk of chunks) {
		const lines: string[] = [];
		let from = 0;
		for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
			const last = chunk.subarray(from, end);
			lines.push((begun.length === 0 ? last : Buffer.concat([...begun, last])).toString('utf8'));
			begun = [];
			size = 0;
			from = end + 1;
		}
		if (from < chunk.length) {
			begun.push(Buffer.from(chunk.subarray(from)));
			size += chunk.length - from;
			if (size > limits.longest) {
				const hint = 'Check what stands between here and the API server.';
				throw new AdapterError('malformed', `a line of more than ${limits.longest} bytes`, hint);
			}
		}
		if (lines.length > 0) yield lines;
	}
	if (begun.length > 0 && !limits.whole) yield [Buffer.concat(begun).toString('utf8')];
}

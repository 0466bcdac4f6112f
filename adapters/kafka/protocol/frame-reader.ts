/** Brokers accept no larger request (socket.request.max.bytes), so a larger response is not Kafka. */
const maxResponseBytes = 100 * 1024 * 1024;

/**
 * Returns a function that takes chunks of a stream and calls `frame` with each complete response, without its length. `fail` is called when
 * a length cannot be that of a response.
 */
export function createFrameReader(
	frame: (bytes: Buffer) => void,
	fail: (problem: string) => void,
): (chunk: Buffer) => void {
	let chunks: Buffer[] = [];
	let size = 0;
	return chunk => {
		chunks.push(chunk);
		size += chunk.length;
		while (size >= 4) {
			const first = chunks.length === 1 || (chunks[0]?.length ?? 0) >= 4 ? chunks[0] : Buffer.concat(chunks);
			if (first === undefined) return;
			const length = first.readInt32BE(0);
			if (length < 4 || length > maxResponseBytes) return fail(describeWrongLength(first, length));
			if (size < length + 4) return;
			const bytes = chunks.length === 1 ? first : Buffer.concat(chunks);
			frame(bytes.subarray(4, length + 4));
			const rest = bytes.subarray(length + 4);
			chunks = rest.length === 0 ? [] : [rest];
			size = rest.length;
		}
	};
}

function describeWrongLength(bytes: Buffer, length: number): string {
	const isTlsAlert = bytes[0] === 0x15 && bytes[1] === 3;
	return isTlsAlert
		? 'it speaks TLS'
		: `it announces a response of ${length} bytes, and ${maxResponseBytes} is the maximum`;
}

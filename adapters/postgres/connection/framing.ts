/** The first byte of every message a server may send. https://www.postgresql.org/docs/current/protocol-message-formats.html */
const codes: ReadonlySet<number> = new Set(Buffer.from('RKSZTtDCE1N2n3AsIGHWdcVv'));
const readyForQuery = 0x5a;
const rowDescription = 0x54;
const dataRow = 0x44;
const authentication = 0x52;

/** No result of ours comes near this. A server that announces more does not speak PostgreSQL, and its client would wait for ever. */
const maxMessageBytes = 64 * 2 ** 20;
/**
 * Memory limit for the messages of one result, whose rows are all held at once. The largest result of midwatch, 10,000 sessions of 19
 * columns with 2,000 characters of statement each, takes 39 MB.
 */
const maxResponseBytes = 64 * 2 ** 20;

/** Memory overhead of a decoded message and a decoded cell: a NULL is 4 bytes on the wire, or none in a row that omits it. */
const messageBytes = 256;
const cellBytes = 64;

/** A login takes at most 4: SCRAM has three, and one ends it. Each may read the password and derive a key. */
const maxAuthentications = 8;

const headerBytes = 5;
const countBytes = 2;

/** Why reading stops. */
export type UnreadableReason = 'it does not speak PostgreSQL' | 'its answer is too large';

/**
 * Tracks the message boundaries of one connection. Returns a function that takes each chunk and returns why it must not be parsed, or
 * undefined. The parser of `pg` takes any four bytes for a length and waits for that many bytes.
 */
export function createFramingGuard(): (chunk: Buffer) => UnreadableReason | undefined {
	/** Bytes of the current message that have not arrived. */
	let body = 0;
	let header = Buffer.alloc(0);
	const exceeds = createLimits();
	return chunk => {
		let at = 0;
		while (at < chunk.length) {
			if (body > 0) {
				const step = Math.min(body, chunk.length - at);
				body -= step;
				at += step;
				continue;
			}
			const part = chunk.subarray(at, at + headLength(header) - header.length);
			header = Buffer.concat([header, part]);
			at += part.length;
			if (!codes.has(header[0] ?? 0)) return 'it does not speak PostgreSQL';
			if (header.length < headerBytes) return undefined;
			const length = header.readUInt32BE(1);
			if (length < 4 || length > maxMessageBytes) return 'it does not speak PostgreSQL';
			if (header.length < headLength(header)) continue;
			body = length + 1 - header.length;
			const wrong = exceeds(header, length);
			if (wrong !== undefined) return wrong;
			header = Buffer.alloc(0);
		}
		return undefined;
	};
}

/** Bytes of a message that are read before its body is skipped: with the number of columns, where the message has one. */
function headLength(header: Buffer): number {
	if (header.length < headerBytes) return headerBytes;
	const counts = header[0] === rowDescription || header[0] === dataRow;
	return counts && header.readUInt32BE(1) >= 4 + countBytes ? headerBytes + countBytes : headerBytes;
}

/** Counts the memory of the messages of one connection. Returns a function that takes the header of each one, and its length. */
function createLimits(): (header: Buffer, length: number) => UnreadableReason | undefined {
	let answer = 0;
	let columns = 0;
	let authentications = 0;
	return (header, length) => {
		const code = header[0];
		if (code === authentication) authentications += 1;
		if (authentications > maxAuthentications) return 'it does not speak PostgreSQL';
		if (code === readyForQuery) {
			answer = 0;
			columns = 0;
			return undefined;
		}
		const count = header.length > headerBytes ? header.readUInt16BE(headerBytes) : 0;
		if (code === rowDescription) columns = count;
		// `pg` creates an object with all announced columns for each row, whatever it contains.
		const cells = code === dataRow ? Math.max(columns, count) : count;
		answer += length + 1 + messageBytes + cells * cellBytes;
		return answer > maxResponseBytes ? 'its answer is too large' : undefined;
	};
}

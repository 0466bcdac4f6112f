/** The first byte of every message a server may send. https://www.postgresql.org/docs/current/protocol-message-formats.html */
const codes = new Set(Buffer.from('RKSZTtDCE1N2n3AsIGHWdcVv'));
const readyForQuery = 0x5a;
const rowDescription = 0x54;
const dataRow = 0x44;
const authentication = 0x52;

/** Nothing we ask for comes near this; who announces more does not speak PostgreSQL, and would be waited for. */
const maxMessageBytes = 64 * 2 ** 20;
/**
 * What the messages that answer one question may take in memory, since all of its rows are held at once. The largest answer that midwatch asks
 * for, 10,000 sessions of 19 columns with 2,000 characters of statement each, takes 39 MB.
 */
const maxResponseBytes = 64 * 2 ** 20;

/** What a message and a cell take in addition to their bytes once they are decoded: a NULL is 4 bytes on the wire, or none in a row that leaves it out. */
const messageBytes = 256;
const cellBytes = 64;

/** A login takes 4 at most: SCRAM has three, and the last one says that it is over. Each may have the password read and a key derived. */
const maxAuthentications = 8;

const headerBytes = 5;
const countBytes = 2;

/** Why what comes is not read on. */
export type UnreadableReason = 'it does not speak PostgreSQL' | 'its answer is too large';

/**
 * Follows the bounds of the messages of one connection. Gives a function that takes each chunk and says why it must not be read; undefined
 * where it may: the parser of `pg` itself takes any four bytes for a length and waits for that many to come.
 */
export function createFramingGuard(): (chunk: Buffer) => UnreadableReason | undefined {
	/** Bytes of the current message that are still to come. */
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

/** What has to be read of a message before its body is passed over: with the number of columns, where the message has one. */
function headLength(header: Buffer): number {
	if (header.length < headerBytes) return headerBytes;
	const counts = header[0] === rowDescription || header[0] === dataRow;
	return counts && header.readUInt32BE(1) >= 4 + countBytes ? headerBytes + countBytes : headerBytes;
}

/** Counts what the messages of one connection take. Gives a function that takes the head of each one, and its length. */
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
		// `pg` makes an object of all announced columns for each row, whatever is in it.
		const cells = code === dataRow ? Math.max(columns, count) : count;
		answer += length + 1 + messageBytes + cells * cellBytes;
		return answer > maxResponseBytes ? 'its answer is too large' : undefined;
	};
}

/** The first byte of every message a server may send. https://www.postgresql.org/docs/current/protocol-message-formats.html */
const codes = new Set(Buffer.from('RKSZTtDCE1N2n3AsIGHWdcVv'));
const readyForQuery = 0x5a;

/** Nothing we ask for comes near this; who announces more does not speak PostgreSQL, and would be waited for. */
const longest = 64 * 2 ** 20;
/** Bytes of all messages that answer one question: the rows of a whole answer are held at once. */
const longestAnswer = 128 * 2 ** 20;

const headerBytes = 5;

/** Why what comes is not read on. */
export type Unreadable = 'it does not speak PostgreSQL' | 'its answer has more than 128 MB';

/**
 * Follows the bounds of the messages of one connection. Gives a function that takes each chunk and says why it must not be read; undefined
 * where it may: the parser of `pg` itself takes any four bytes for a length and waits for that many to come.
 */
export function createFraming(): (chunk: Buffer) => Unreadable | undefined {
	/** Bytes of the current message that are still to come. */
	let body = 0;
	let header = Buffer.alloc(0);
	let answer = 0;
	return chunk => {
		let at = 0;
		while (at < chunk.length) {
			if (body > 0) {
				const step = Math.min(body, chunk.length - at);
				body -= step;
				at += step;
				continue;
			}
			const part = chunk.subarray(at, at + headerBytes - header.length);
			header = Buffer.concat([header, part]);
			at += part.length;
			if (!codes.has(header[0] ?? 0)) return 'it does not speak PostgreSQL';
			if (header.length < headerBytes) return undefined;
			const length = header.readUInt32BE(1);
			if (length < 4 || length > longest) return 'it does not speak PostgreSQL';
			body = length - 4;
			answer = header[0] === readyForQuery ? 0 : answer + length + 1;
			if (answer > longestAnswer) return 'its answer has more than 128 MB';
			header = Buffer.alloc(0);
		}
		return undefined;
	};
}

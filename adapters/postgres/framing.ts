/** The first byte of every message a server may send. https://www.postgresql.org/docs/current/protocol-message-formats.html */
const codes = new Set(Buffer.from('RKSZTtDCE1N2n3AsIGHWdcVv'));

/** Nothing we ask for comes near this; who announces more does not speak PostgreSQL, and would be waited for. */
const longest = 64 * 2 ** 20;

const headerBytes = 5;

/**
 * Follows the bounds of the messages of one connection. Gives a function that takes each chunk and says whether it can be PostgreSQL's:
 * the parser of `pg` itself takes any four bytes for a length and waits for that many to come.
 */
export function createFraming(): (chunk: Buffer) => boolean {
	/** Bytes of the current message that are still to come. */
	let body = 0;
	let header = Buffer.alloc(0);
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
			if (!codes.has(header[0] ?? 0)) return false;
			if (header.length < headerBytes) return true;
			const length = header.readUInt32BE(1);
			if (length < 4 || length > longest) return false;
			body = length - 4;
			header = Buffer.alloc(0);
		}
		return true;
	};
}

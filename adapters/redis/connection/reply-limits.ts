/** Maximum nesting of lists in a reply. SLOWLOG, CLUSTER SLOTS and MEMORY STATS have four levels. */
const maxDepth = 32;
/** Maximum members of all lists of one reply: SCAN, SLOWLOG and ACL have thousands. */
const maxMembers = 2_000_000;
/** Maximum bytes of one reply. */
const maxReplyBytes = 128 * 1024 * 1024;

const newline = 10;
const lists: ReadonlyMap<number, number> = new Map([
	[42, 1],
	[126, 1],
	[62, 1],
	[37, 2],
]);
/** `$`, `=`, `!`: a length, then that many bytes. */
const strings: ReadonlySet<number> = new Set([36, 61, 33]);
/** Maximum digits of a length. */
const maxLengthDigits = 20;

/**
 * Tracks the replies of one connection: https://redis.io/docs/latest/develop/reference/protocol-spec/. Returns a function that takes each
 * chunk before it is decoded, and returns the problem with the reply; undefined when it may be decoded. The decoder of ioredis recurses for
 * each list, and allocates as many members as are announced.
 */
export function createReplyLimiter(): (chunk: Buffer) => string | undefined {
	/** Members that each open list still expects. */
	const open: number[] = [];
	let members = 0;
	let bytes = 0;
	/** Bytes of a string that have not arrived. */
	let skip = 0;
	/** The type of the current line; 0 between lines. */
	let type = 0;
	let length = '';

	function valueEnds(): void {
		while (open.length > 0) {
			const left = (open.pop() ?? 0) - 1;
			if (left > 0) {
				open.push(left);
				return;
			}
		}
		members = 0;
		bytes = 0;
	}

	/** Handles the end of a line. @returns the problem with the reply. */
	function lineEnds(): string | undefined {
		const announced = Number(length);
		const each = lists.get(type);
		const isString = strings.has(type);
		type = 0;
		length = '';
		if (each === undefined && !isString) {
			valueEnds();
			return undefined;
		}
		if (!(announced > 0)) {
			// `$0` is followed by another line end.
			if (isString && announced === 0) skip = 2;
			else valueEnds();
			return undefined;
		}
		if (isString) {
			skip = announced + 2;
			return bytes + announced > maxReplyBytes ? `a reply of more than ${maxReplyBytes / 1024 / 1024} MB` : undefined;
		}
		members += announced * (each ?? 1);
		if (members > maxMembers) return `a reply with more than ${maxMembers} members`;
		open.push(announced * (each ?? 1));
		return open.length > maxDepth ? `a reply nested more than ${maxDepth} levels deep` : undefined;
	}

	return chunk => {
		for (let at = 0; at < chunk.length; at += 1) {
			if (skip > 0) {
				const step = Math.min(skip, chunk.length - at);
				skip -= step;
				bytes += step;
				at += step - 1;
				if (skip === 0) valueEnds();
				continue;
			}
			const byte = chunk[at] ?? 0;
			bytes += 1;
			if (bytes > maxReplyBytes) return `a reply of more than ${maxReplyBytes / 1024 / 1024} MB`;
			if (type === 0) type = byte;
			else if (byte === newline) {
				const wrong = lineEnds();
				if (wrong !== undefined) return wrong;
			} else if (length.length < maxLengthDigits && byte > 32) length += String.fromCharCode(byte);
		}
		return undefined;
	};
}

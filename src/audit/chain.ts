import {type AuditRecord, canonicalJson, genesisHash, type ObjectList, sha256} from './audit-record.ts';

export type ChainPosition = {readonly seq: number; readonly hash: string};

/** A fault in one line, counted from 1. */
export type ChainFault = {readonly line: number; readonly text: string};

export type ChainReport = {
	/** Number of records. */
	readonly records: number;
	readonly first: AuditRecord | undefined;
	readonly last: AuditRecord | undefined;
	/** The hashes in the lines, by sequence number. */
	readonly hashes: ReadonlyMap<number, string>;
	readonly faults: readonly ChainFault[];
	/** Object lists that are in a file beside the log. */
	readonly lists: readonly {readonly line: number; readonly all: NonNullable<ObjectList['all']>}[];
	/** Not a fault: a line that a crash cut and that the next record reports. */
	readonly notes: readonly ChainFault[];
};

/** The position before the first record. */
export const chainStart: ChainPosition = {seq: 0, hash: genesisHash};

/** Parses a line. Undefined when it is not JSON, not canonical, or its hash does not match its content. */
export function parseRecordLine(bytes: Uint8Array): AuditRecord | undefined {
	const parsed = asRecord(bytes);
	return parsed && findRecordFault(parsed, bytes) === undefined ? parsed : undefined;
}

function asRecord(bytes: Uint8Array): AuditRecord | undefined {
	try {
		const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
		if (typeof value !== 'object' || value === null) return undefined;
		const record = value as AuditRecord;
		const hasChainFields = record.v === 1 && Number.isInteger(record.seq) && typeof record.hash === 'string';
		return hasChainFields && typeof record.prev === 'string' ? record : undefined;
	} catch {
		return undefined;
	}
}

/** Compares bytes, not text: several malformed UTF-8 sequences decode to the same character. */
function findRecordFault(record: AuditRecord, bytes: Uint8Array): string | undefined {
	const {hash, ...rest} = record;
	let content: string;
	let line: string;
	try {
		content = canonicalJson(rest);
		line = canonicalJson(record);
	} catch {
		// JSON allows numbers beyond a double (1e999), and nesting deeper than the stack.
		return 'it has values that midwatch does not write';
	}
	if (sha256(content) !== hash) return 'its hash does not match its content';
	return Buffer.from(line, 'utf8').equals(bytes) ? undefined : 'its format is not that of midwatch';
}

/**
 * Verifies every line of one file. `from` is the position of the chain before it.
 *
 * Finds every changed, deleted, inserted or reordered line, but not lines that were cut off at the end: those only show by comparison with the head
 * mirror.
 */
export function verifyChain(bytes: Uint8Array, from: ChainPosition): ChainReport {
	const lines = split(bytes);
	const faults: ChainFault[] = [];
	const notes: ChainFault[] = [];
	let position = from;
	const hashes = new Map<number, string>();
	const lists: ChainReport['lists'][number][] = [];
	let records = 0;
	let first: AuditRecord | undefined;
	let last: AuditRecord | undefined;
	let broken: {line: number; text: string; bytes: Uint8Array}[] = [];

	for (const [index, line] of lines.complete.entries()) {
		const number = index + 1;
		const record = asRecord(line);
		if (!record) {
			broken.push({line: number, text: 'it is not a record', bytes: line});
			continue;
		}
		if (record.kind === 'torn' && reportsTornLines(record, broken)) {
			notes.push(...broken.map(({line: cut}) => ({line: cut, text: `cut by a crash; line ${number} reports it`})));
		} else {
			faults.push(...broken.map(({line, text}) => ({line, text})));
		}
		broken = [];
		const fault = findRecordFault(record, line);
		if (fault) faults.push({line: number, text: fault});
		if (record.prev !== position.hash || record.seq !== position.seq + 1) {
			faults.push({
				line: number,
				text: `it does not follow record ${position.seq}: a line before it was inserted, removed or reordered`,
			});
		}
		if (record.kind === 'gap') faults.push({line: number, text: record.note ?? 'records before it were lost'});
		position = {seq: record.seq, hash: record.hash};
		hashes.set(record.seq, record.hash);
		const all = record.preview?.all;
		if (all !== undefined) lists.push({line: number, all});
		records += 1;
		first ??= record;
		last = record;
	}
	faults.push(...broken.map(({line, text}) => ({line, text})));
	if (lines.rest.length > 0) {
		faults.push({
			line: lines.complete.length + 1,
			text: 'it is incomplete: cut by a crash while it was written, or changed',
		});
	}
	return {records, first, last, hashes, lists, faults: faults.sort((a, b) => a.line - b.line), notes};
}

function reportsTornLines(record: AuditRecord, broken: readonly {readonly bytes: Uint8Array}[]): boolean {
	if (broken.length === 0 || !record.lost || !('sha256' in record.lost)) return false;
	const newline = Buffer.from('\n');
	const all = Buffer.concat(broken.flatMap(({bytes}, index) => (index === 0 ? [bytes] : [newline, bytes])));
	return sha256(all) === record.lost.sha256;
}

/** The lines that end with a line feed, without it, and the bytes after the last one. */
function split(bytes: Uint8Array): {readonly complete: readonly Uint8Array[]; readonly rest: Uint8Array} {
	const complete: Uint8Array[] = [];
	let start = 0;
	for (let end = bytes.indexOf(10, start); end !== -1; end = bytes.indexOf(10, start)) {
		complete.push(bytes.subarray(start, end));
		start = end + 1;
	}
	return {complete, rest: bytes.subarray(start)};
}

/** The lines of a file, the last one first, without their line feeds. */
export function* linesFromEnd(bytes: Uint8Array): Generator<Uint8Array> {
	for (let end = bytes.length; end > 0; ) {
		const start = bytes.lastIndexOf(10, end - 1) + 1;
		yield bytes.subarray(start, end);
		end = start - 1;
	}
}

export type LogTail = {
	readonly last: AuditRecord | undefined;
	/** The bytes after the last valid record, without their line feed. */
	readonly torn: Uint8Array;
	/** The file does not end with a line feed. */
	readonly open: boolean;
};

/** Parses the end of a file from its last bytes. Undefined when the last valid record begins before them. */
export function parseLogTail(bytes: Uint8Array, isEntireFile: boolean): LogTail | undefined {
	const {complete, rest} = split(bytes);
	const open = rest.length > 0;
	const lines = open ? [...complete, rest] : complete;
	// The first line of a part of a file is probably incomplete.
	const first = isEntireFile ? 0 : 1;
	for (let index = lines.length - 1; index >= first; index -= 1) {
		const line = lines[index];
		const record = line && parseRecordLine(line);
		if (record) return {last: record, torn: join(lines.slice(index + 1)), open};
	}
	return isEntireFile ? {last: undefined, torn: join(lines), open} : undefined;
}

const join = (lines: readonly Uint8Array[]): Uint8Array =>
	Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [Buffer.from('\n'), line])));

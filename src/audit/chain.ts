import {type AuditRecord, canonicalJson, genesisHash, type ObjectList, sha256} from './audit-record.ts';

export type ChainPosition = {readonly seq: number; readonly hash: string};

/** What is wrong, and with which line, counted from 1. */
export type ChainFault = {readonly line: number; readonly text: string};

export type ChainReport = {
	/** Whole records. */
	readonly records: number;
	readonly first: AuditRecord | undefined;
	readonly last: AuditRecord | undefined;
	/** By sequence number, as the lines say them. */
	readonly hashes: ReadonlyMap<number, string>;
	readonly faults: readonly ChainFault[];
	/** Lists of objects that are in a file beside the log. */
	readonly lists: readonly {readonly line: number; readonly all: NonNullable<ObjectList['all']>}[];
	/** Worth knowing, and no fault: a line that a crash cut and that the next record tells of. */
	readonly notes: readonly ChainFault[];
};

/** Where the chain stands before its first record. */
export const chainStart: ChainPosition = {seq: 0, hash: genesisHash};

/** A line as it would be written, or undefined when it is none: not JSON, not canonical, or its hash is not of its content. */
export function parseRecordLine(bytes: Uint8Array): AuditRecord | undefined {
	const parsed = asRecord(bytes);
	return parsed && findRecordFault(parsed, bytes) === undefined ? parsed : undefined;
}

function asRecord(bytes: Uint8Array): AuditRecord | undefined {
	try {
		const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
		if (typeof value !== 'object' || value === null) return undefined;
		const record = value as AuditRecord;
		const whole = record.v === 1 && Number.isInteger(record.seq) && typeof record.hash === 'string';
		return whole && typeof record.prev === 'string' ? record : undefined;
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
		// JSON has numbers that no number can hold (1e999), and nesting that no stack can.
		return 'it holds what midwatch does not write';
	}
	if (sha256(content) !== hash) return 'its content is not what its hash was made of';
	return Buffer.from(line, 'utf8').equals(bytes) ? undefined : 'it is not written as midwatch writes it';
}

/**
 * Looks at every line of one file. `from` is where the chain stood before it.
 *
 * Any change, deletion, insertion or exchange of lines shows, except that lines cut off at the end leave a shorter chain that is whole:
 * that shows only against the mirror of the head.
 */
export function verifyChain(bytes: Uint8Array, from: ChainPosition): ChainReport {
	const lines = split(bytes);
	const faults: ChainFault[] = [];
	const notes: ChainFault[] = [];
	let place = from;
	const hashes = new Map<number, string>();
	const lists: ChainReport['lists'][number][] = [];
	let records = 0;
	let first: AuditRecord | undefined;
	let last: AuditRecord | undefined;
	let broken: {line: number; text: string; bytes: Uint8Array}[] = [];

	for (const [index, line] of lines.whole.entries()) {
		const number = index + 1;
		const record = asRecord(line);
		if (!record) {
			broken.push({line: number, text: 'it is not a record', bytes: line});
			continue;
		}
		if (record.kind === 'torn' && reportsTornLines(record, broken)) {
			notes.push(...broken.map(one => ({line: one.line, text: `cut by a crash; line ${number} tells of it`})));
		} else {
			faults.push(...broken.map(({line, text}) => ({line, text})));
		}
		broken = [];
		const fault = findRecordFault(record, line);
		if (fault) faults.push({line: number, text: fault});
		if (record.prev !== place.hash || record.seq !== place.seq + 1) {
			faults.push({
				line: number,
				text: `it does not follow record ${place.seq}: something was put in, taken out or moved before it`,
			});
		}
		if (record.kind === 'gap') faults.push({line: number, text: record.note ?? 'records before it were lost'});
		place = {seq: record.seq, hash: record.hash};
		hashes.set(record.seq, record.hash);
		const all = record.preview?.all;
		if (all !== undefined) lists.push({line: number, all});
		records += 1;
		first ??= record;
		last = record;
	}
	faults.push(...broken.map(({line, text}) => ({line, text})));
	if (lines.rest.length > 0) {
		faults.push({line: lines.whole.length + 1, text: 'it is cut off: a crash while it was written, or a change'});
	}
	return {records, first, last, hashes, lists, faults: faults.sort((a, b) => a.line - b.line), notes};
}

function reportsTornLines(record: AuditRecord, broken: readonly {readonly bytes: Uint8Array}[]): boolean {
	if (broken.length === 0 || !record.lost || !('sha256' in record.lost)) return false;
	const newline = Buffer.from('\n');
	const all = Buffer.concat(broken.flatMap((one, index) => (index === 0 ? [one.bytes] : [newline, one.bytes])));
	return sha256(all) === record.lost.sha256;
}

/** Lines that end with a line feed, without it, and what stands behind the last one. */
function split(bytes: Uint8Array): {readonly whole: readonly Uint8Array[]; readonly rest: Uint8Array} {
	const whole: Uint8Array[] = [];
	let start = 0;
	for (let end = bytes.indexOf(10, start); end !== -1; end = bytes.indexOf(10, start)) {
		whole.push(bytes.subarray(start, end));
		start = end + 1;
	}
	return {whole, rest: bytes.subarray(start)};
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
	/** What stands behind the last whole record and is none, without its line feed. */
	readonly torn: Uint8Array;
	/** The last whole record lacks its line feed, or the torn part does. */
	readonly open: boolean;
};

/** The end of a file whose bytes, or the last of them, are given. Undefined when the last whole record begins before them. */
export function parseLogTail(bytes: Uint8Array, isWholeFile: boolean): LogTail | undefined {
	const {whole, rest} = split(bytes);
	const open = rest.length > 0;
	const lines = open ? [...whole, rest] : whole;
	// The first line of a part of a file is most likely the end of one.
	const least = isWholeFile ? 0 : 1;
	for (let index = lines.length - 1; index >= least; index -= 1) {
		const line = lines[index];
		const record = line && parseRecordLine(line);
		if (record) return {last: record, torn: join(lines.slice(index + 1)), open};
	}
	return isWholeFile ? {last: undefined, torn: join(lines), open} : undefined;
}

const join = (lines: readonly Uint8Array[]): Uint8Array =>
	Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [Buffer.from('\n'), line])));

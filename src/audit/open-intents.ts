import {constants} from 'node:fs';
import {type FileHandle, stat} from 'node:fs/promises';
import {openRegular} from '../files/regular-file.ts';
import type {AuditRecord} from './audit-record.ts';
import {listLogFiles} from './monthly-log-files.ts';
import {isOutcomeUnknown} from './unresolved-intents.ts';

/** Reads the intents whose outcome is not in the log, of any age. */
export type OpenIntentReader = {
	/**
	 * Reads what was appended since the last call; at first the entire log.
	 * @returns each intent without a known outcome, oldest first, followed by the records that belong to it
	 * @throws Error of node:fs
	 */
	read(): Promise<readonly AuditRecord[]>;
};

type LinePosition = {readonly path: string; readonly file: number; readonly offset: number};

/** Bytes that are read and searched between two yields to the event loop: a few milliseconds. */
const chunkBytes = 128 * 1024;

const marks = ['"kind":"intent"', '"kind":"undo"', '"of":"'].map(mark => Buffer.from(mark));

/** Keeps no index on disk, since that would have to be trusted. Parses only the lines with a mark, each once. */
export function createOpenIntentReader(dir: string): OpenIntentReader {
	let open = new Map<string, readonly AuditRecord[]>();
	let position: LinePosition | undefined;
	let reading: Promise<unknown> = Promise.resolve();

	function note(line: Buffer): void {
		if (!marks.some(mark => line.includes(mark))) return;
		const record = parse(line);
		if (record === undefined) return;
		if (record.kind === 'intent' || record.kind === 'undo') open.set(record.id, [record]);
		else if (record.of !== undefined) {
			const before = open.get(record.of);
			if (before === undefined) return;
			if (isOutcomeUnknown(record)) open.set(record.of, [...before, record]);
			else open.delete(record.of);
		}
	}

	/** @returns the end of the last complete line */
	async function readFrom(file: FileHandle, from: number): Promise<number> {
		let offset = from;
		let rest = Buffer.alloc(0);
		for (;;) {
			const {bytesRead, buffer} = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, offset + rest.length);
			if (bytesRead === 0) return offset;
			const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
			let start = 0;
			for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
				note(bytes.subarray(start, end));
				start = end + 1;
			}
			rest = bytes.subarray(start);
			offset += start;
		}
	}

	async function readAll(): Promise<readonly AuditRecord[]> {
		let months = await listLogFiles(dir);
		const known = position;
		if (known !== undefined) {
			const at = months.indexOf(known.path);
			if (at >= 0 && (await stat(known.path)).ino === known.file) months = months.slice(at);
			else {
				// The file was replaced or removed: what was read of it no longer counts.
				open = new Map();
				position = undefined;
			}
		}
		for (const path of months) {
			const file = await openRegular(path, constants.O_RDONLY);
			try {
				const {ino} = await file.stat();
				const from = position?.path === path && position.file === ino ? position.offset : 0;
				position = {path, file: ino, offset: await readFrom(file, from)};
			} finally {
				await file.close();
			}
		}
		return [...open.values()].flat();
	}

	return {
		read() {
			const next = reading.then(readAll);
			reading = next.catch(() => {});
			return next;
		},
	};
}

function parse(line: Buffer): AuditRecord | undefined {
	try {
		const value: unknown = JSON.parse(line.toString('utf8'));
		if (typeof value !== 'object' || value === null) return undefined;
		const record = value as AuditRecord;
		return record.v === 1 && typeof record.id === 'string' && typeof record.kind === 'string' ? record : undefined;
	} catch {
		return undefined;
	}
}

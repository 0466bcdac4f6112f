import {basename, join} from 'node:path';
import {baseDirectory, type EnvironmentVariables} from '../files/base-directories.ts';

/** `$XDG_STATE_HOME/midwatch`, or `~/.local/state/midwatch`; absolute. @throws EnvironmentError when neither is defined. */
export const stateDir = (env: EnvironmentVariables): string =>
	join(baseDirectory(env, 'XDG_STATE_HOME', join('.local', 'state')), 'midwatch');

/** The mode of every folder and of every file in the state directory. `makeDirectory` creates the folders. */
export const folderMode = 0o700;
export const fileMode = 0o600;

/**
 * Who writes an entry when several consoles run.
 * - `own`: each console its own file
 * - `locked`: one console at a time, the holder of a lock
 * - `document`: one console at a time, through `createStateDocument`
 * - `any`: any console; the file is always replaced, and the last one wins
 */
export type Writers = 'own' | 'locked' | 'document' | 'any';

/** A file or a folder of the state directory. */
export type StateEntry = {
	/** Below the state directory. `<name>` is a part that varies; a folder ends with `/`. */
	readonly path: string;
	readonly writers: Writers;
	/** A larger file is not read; undefined: without a limit. */
	readonly maxBytes?: number;
	readonly contents: string;
	/** What is lost when it is deleted while no console runs. */
	readonly loss: string;
};

const kB = 1024;
const MB = 1024 * kB;
/** A lock on 400,000 objects. */
const leaseBytes = 16 * MB;

/** Every file and folder that midwatch writes to the state directory. docs/state.md lists them. */
export const stateLayout = {
	version: {
		path: 'state.json',
		writers: 'any',
		maxBytes: 4 * kB,
		contents: 'the version of this layout',
		loss: 'nothing; it is written again',
	},
	auditFolder: {
		path: 'audit/',
		writers: 'locked',
		contents: 'the audit log',
		loss: 'the record of what was done, what is unresolved and what did not help; copies in sinks remain',
	},
	auditLog: {
		path: 'audit/<month>.jsonl',
		writers: 'locked',
		contents: 'the records of one month, a hash chain; `<month>.<n>.jsonl` follows when the clock was ahead',
		loss: 'its records; `audit verify` reports the gap',
	},
	auditHead: {
		path: 'audit/head.json',
		writers: 'locked',
		maxBytes: 64 * kB,
		contents: 'the position of the newest record, which shows when the log was cut',
		loss: 'nothing lasting: until the next record it is unknown whether the log was cut',
	},
	auditLock: {
		path: 'audit/writer.lock',
		writers: 'locked',
		maxBytes: leaseBytes,
		contents: 'the lease of the console that appends',
		loss: 'nothing',
	},
	deliveryFolder: {
		path: 'outbound/',
		writers: 'any',
		contents: 'the delivery cursors',
		loss: 'its files',
	},
	deliveryCursor: {
		path: 'outbound/<sink>.json',
		writers: 'any',
		maxBytes: 64 * kB,
		contents: 'how far a sink has accepted the log',
		loss: 'records that wait for this sink are not sent, and its receiver sees a gap',
	},
	presenceFolder: {
		path: 'consoles/',
		writers: 'own',
		contents: 'the running consoles',
		loss: 'nothing',
	},
	presence: {
		path: 'consoles/<session>.json',
		writers: 'own',
		maxBytes: leaseBytes,
		contents: 'the lease of one console: its process, terminal and start',
		loss: 'nothing',
	},
	objectLocks: {
		path: 'locks/',
		writers: 'own',
		contents: 'the locks on objects that are being changed',
		loss: 'nothing',
	},
	objectLock: {
		path: 'locks/<token>.lock',
		writers: 'own',
		maxBytes: leaseBytes,
		contents: 'the lease of one action, with hashes of its objects',
		loss: 'nothing',
	},
	savedFiles: {
		path: 'saved-files/',
		writers: 'own',
		contents: 'what records refer to',
		loss: 'its files',
	},
	savedFile: {
		path: 'saved-files/<record>-<name>',
		writers: 'own',
		contents: 'exported objects for an undo, or the list of the objects of a record',
		loss: 'the undo that needs it; `audit verify` notes that a list is missing',
	},
	savedTexts: {
		path: 'saved/',
		writers: 'own',
		contents: 'documents that you saved',
		loss: 'its files',
	},
	savedText: {
		path: 'saved/<time>-<name>.txt',
		writers: 'own',
		contents: 'the text of one document',
		loss: 'this text',
	},
	copiedText: {
		path: 'copied.txt',
		writers: 'any',
		contents: 'the text that you copied last, for terminals whose clipboard cannot be set',
		loss: 'this text',
	},
	approvedPrograms: {
		path: 'approved-programs.json',
		writers: 'document',
		maxBytes: MB,
		contents: 'the login programs of kubeconfigs that you approved',
		loss: 'the approvals, for which you are prompted again',
	},
	documentsLock: {
		path: 'documents.lock',
		writers: 'locked',
		maxBytes: leaseBytes,
		contents: 'the lease of the console that changes a document',
		loss: 'nothing',
	},
	demo: {
		path: 'demo/',
		writers: 'any',
		contents: 'the same files for the demo, whose records are not about real servers',
		loss: 'the records of the demo',
	},
} as const satisfies Readonly<Record<string, StateEntry>>;

export type StateName = keyof typeof stateLayout;

export type DocumentName = {
	[Name in StateName]: (typeof stateLayout)[Name]['writers'] extends 'document' ? Name : never;
}[StateName];

/** The parts of a path that vary: `Variable<'audit/<month>.jsonl'>` is `month`. */
type Variable<Path extends string> = Path extends `${string}<${infer Name}>${infer Rest}`
	? Name | Variable<Rest>
	: never;

type Variables<Name extends StateName> = [Variable<(typeof stateLayout)[Name]['path']>] extends [never]
	? []
	: [values: Readonly<Record<Variable<(typeof stateLayout)[Name]['path']>, string>>];

const fill = (path: string, values: Readonly<Record<string, string>> = {}): string =>
	path.replaceAll(/<(\w+)>/g, (_, name: string) => values[name] ?? '');

/** Returns the path of an entry. `values`: the parts of its path that vary, if it has any. */
export const statePath = <Name extends StateName>(stateDir: string, name: Name, ...[values]: Variables<Name>): string =>
	join(stateDir, fill(stateLayout[name].path, values)).replace(/\/$/, '');

/** Returns the name of an entry in its folder. */
export const stateFileName = <Name extends StateName>(name: Name, ...[values]: Variables<Name>): string =>
	basename(fill(stateLayout[name].path, values));

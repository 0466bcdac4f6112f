import {constants, type Stats} from 'node:fs';
import {open} from 'node:fs/promises';
import {codeOf, messageOf} from '../errors.ts';
import {type Step, walkPath} from './walk-path.ts';

/** A file was refused: it cannot be read, or another user can write or read it. `problem` is one line without the path. */
export class FileError extends Error {
	override readonly name = 'FileError';
	readonly file: string;
	readonly problem: string;

	constructor(file: string, problem: string, options?: {readonly cause?: unknown}) {
		super(`${file}: ${problem}`, options);
		this.file = file;
		this.problem = problem;
	}
}

/** A file is larger than the caller reads. */
export class FileTooLargeError extends FileError {}

/** A larger file cannot be a file of ours. */
const defaultMaxBytes = 1024 * 1024;

/** Who may own a file: this user or root, or root alone. `admin`: the uid that counts as root; other than 0 in tests only. */
type Owner = 'us' | {readonly admin: number};

/** `trusted`: no other user can write the file · `secret`: no other user can read it either; this user or root owns it. */
export type FileRule = {readonly kind: 'trusted'; readonly owner: Owner} | {readonly kind: 'secret'};

/** Returns why the owner is not acceptable, with the command that fixes it. */
function wrongOwner(file: string, {uid}: Stats, us: number, owner: Owner): string | undefined {
	if (uid === 0 || uid === (owner === 'us' ? us : owner.admin)) return undefined;
	const [wanted, id] = owner === 'us' ? [`you (uid ${us}) or root`, us] : ['root', 0];
	return `is owned by uid ${uid}, and must be owned by ${wanted}: chown ${id} ${file}`;
}

/** Returns why the owner or mode of a file makes it untrusted, with the command that fixes it. */
function trustProblem(file: string, stats: Stats, owner: Owner): string | undefined {
	const us = process.getuid?.();
	if (us === undefined) return undefined;
	const problem = wrongOwner(file, stats, us, owner);
	if (problem !== undefined) return problem;
	if ((stats.mode & 0o022) !== 0) return `can be written by others (mode ${octal(stats)}): chmod go-w ${file}`;
	return undefined;
}

/** Returns why the content of a file is not secret, with the command that fixes it. Same rule as libpq for keys: root's file may be readable by its group. */
function secrecyProblem(file: string, stats: Stats): string | undefined {
	const us = process.getuid?.();
	if (us === undefined) return undefined;
	const problem = wrongOwner(file, stats, us, 'us');
	if (problem !== undefined) return problem;
	const forbidden = stats.uid === 0 && us !== 0 ? 0o027 : 0o077;
	if ((stats.mode & forbidden) !== 0) return `can be read by others (mode ${octal(stats)}): chmod 600 ${file}`;
	return undefined;
}

const octal = (stats: Stats): string => (stats.mode & 0o777).toString(8).padStart(3, '0');

/**
 * Returns whether a path exists. A path that a user other than root can change is an error: another user owns a directory or link on it, or
 * can replace an entry of a directory on it. In a directory with the sticky bit only the owner of an entry can replace it.
 * @throws FileError
 */
async function rootsPath(file: string, admin: number): Promise<'absent' | 'safe'> {
	const wrong = (problem: string) => new FileError(file, problem);
	const isRoots = ({stats}: Step) => stats.uid === 0 || stats.uid === admin;
	const {steps, at, end} = await walkPath(file);
	const links = steps.filter(({stats}) => stats.isSymbolicLink());
	for (const link of links) {
		if (!isRoots(link))
			throw wrong(
				`leads through the link ${link.path}, which is owned by uid ${link.stats.uid}, and must be owned by root`,
			);
	}
	if (end === 'loop') throw wrong('leads through too many links');
	if (end === 'not-a-directory') throw wrong(`cannot be there: ${at} is not a directory`);
	if (typeof end === 'object') throw wrong(`cannot be looked at: ${reason(end.failed)}`);
	if (end === 'missing') {
		if (links.length > 0) throw wrong(`leads through a link to ${at}, which is not there`);
		return 'absent';
	}
	for (const directory of steps.filter(({path, stats}) => stats.isDirectory() && path !== at)) {
		const {path, stats} = directory;
		if (!isRoots(directory))
			throw wrong(`is in ${path}, which is owned by uid ${stats.uid}, and must be owned by root: chown 0 ${path}`);
		if ((stats.mode & 0o022) !== 0 && (stats.mode & 0o1000) === 0)
			throw wrong(`is in ${path}, which can be written by others (mode ${octal(stats)}): chmod go-w ${path}`);
	}
	return 'safe';
}

/**
 * Reads a file that only root can have written or placed there: see `readChecked`. Anything else at the path is an error, including a dangling
 * link. `admin`: the uid that counts as root; other than 0 in tests only.
 * @returns undefined when nothing is there.
 * @throws FileError
 */
export async function readRootOwned(file: string, admin: number): Promise<string | undefined> {
	const found = process.getuid?.() === undefined ? 'safe' : await rootsPath(file, admin);
	return found === 'absent' ? undefined : readChecked(file, {kind: 'trusted', owner: {admin}});
}

/**
 * Reads a text file that controls midwatch. Checks owner and mode of the open file, not of its path, which could be replaced in between.
 * @returns undefined when there is no such file.
 * @throws FileError when it cannot be read, or another user can write it (`trusted`) or read it (`secret`).
 */
export async function readChecked(
	file: string,
	rule: FileRule,
	maxBytes = defaultMaxBytes,
): Promise<string | undefined> {
	// Without O_NONBLOCK a pipe that no process writes to would block the start for ever.
	const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
		if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
		throw new FileError(file, `cannot be opened: ${reason(error)}`, {cause: error});
	});
	if (handle === undefined) return undefined;
	try {
		const stats = await handle.stat();
		if (!stats.isFile()) throw new FileError(file, 'is not a file');
		const problem = rule.kind === 'secret' ? secrecyProblem(file, stats) : trustProblem(file, stats, rule.owner);
		if (problem !== undefined) throw new FileError(file, problem);
		if (stats.size > maxBytes) throw new FileTooLargeError(file, `is larger than ${maxBytes / 1024 / 1024} MB`);
		return await handle.readFile('utf8');
	} finally {
		await handle.close();
	}
}

/** Returns `permission denied` or the error code, without the path: the caller names it. */
function reason(error: unknown): string {
	const code = codeOf(error);
	return code === 'EACCES' ? 'permission denied' : code || messageOf(error);
}

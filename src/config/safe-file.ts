import {constants, type Stats} from 'node:fs';
import {lstat, open, readlink} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import {ConfigError} from './config-error.ts';

/** Files larger than this are not what they are said to be. */
const largest = 1024 * 1024;

/** Who may own a file: us (and root, who may do anything anyway), or root alone. `admin`: a uid that counts as root's, for tests. */
export type Owner = 'us' | 'root' | {readonly admin: number};

/** What makes a file's owner or mode a reason not to trust what it says, and the command that mends it. */
function distrust(file: string, stats: Stats, owner: Owner): string | undefined {
	const us = process.getuid?.();
	if (us === undefined) return undefined;
	const allowed = owner === 'us' ? us : owner === 'root' ? 0 : owner.admin;
	if (stats.uid !== 0 && stats.uid !== allowed) {
		const wanted = owner !== 'us' ? 'root' : `you (uid ${us}) or root`;
		return `is owned by uid ${stats.uid}, and must be owned by ${wanted}: chown ${owner === 'us' ? us : 0} ${file}`;
	}
	if ((stats.mode & 0o022) !== 0) return `can be written by others (mode ${octal(stats)}): chmod go-w ${file}`;
	return undefined;
}

/** What makes a file that holds a secret no secret any more. As libpq's rule for keys: root's file may be readable by its group. */
function leak(file: string, stats: Stats): string | undefined {
	const us = process.getuid?.();
	if (us === undefined) return undefined;
	if (stats.uid !== 0 && stats.uid !== us)
		return `is owned by uid ${stats.uid}, and must be owned by you (uid ${us}) or root: chown ${us} ${file}`;
	const forbidden = stats.uid === 0 && us !== 0 ? 0o027 : 0o077;
	if ((stats.mode & forbidden) !== 0) return `can be read by others (mode ${octal(stats)}): chmod 600 ${file}`;
	return undefined;
}

const octal = (stats: Stats): string => (stats.mode & 0o777).toString(8).padStart(3, '0');

/** More links than this lead in a circle. */
const mostLinks = 40;

/**
 * Whether a path exists in any form, and what makes it a path that root alone does not rule: a directory or link on the way that somebody
 * else owns, or a directory in which others can put something else in its place. In a directory with the sticky bit only the owner of an
 * entry can do that.
 * @throws ConfigError
 */
async function rootsPath(file: string, admin: number): Promise<'absent' | 'safe'> {
	const wrong = (text: string) => new ConfigError(file, [{text}]);
	let links = 0;
	let rest = resolve(file).split('/').filter(Boolean);
	let at = '/';
	const directories: {readonly path: string; readonly stats: Stats}[] = [];
	for (;;) {
		const stats = await lstat(at).catch((error: unknown) => {
			if (isNodeError(error) && error.code === 'ENOENT') return undefined;
			throw wrong(`cannot be looked at: ${reason(error)}`);
		});
		if (stats === undefined) {
			if (links > 0) throw wrong(`leads through a link to ${at}, which is not there`);
			return 'absent';
		}
		if (stats.isSymbolicLink()) {
			if (stats.uid !== 0 && stats.uid !== admin)
				throw wrong(`leads through the link ${at}, which is owned by uid ${stats.uid}, and must be owned by root`);
			links += 1;
			if (links > mostLinks) throw wrong('leads through too many links');
			rest = [
				...resolve(dirname(at), await readlink(at))
					.split('/')
					.filter(Boolean),
				...rest,
			];
			at = '/';
			continue;
		}
		const next = rest.shift();
		if (next === undefined) break;
		if (!stats.isDirectory()) throw wrong(`cannot be there: ${at} is not a directory`);
		directories.push({path: at, stats});
		at = join(at, next);
	}
	for (const {path, stats} of directories) {
		const {uid, mode} = stats;
		if (uid !== 0 && uid !== admin)
			throw wrong(`is in ${path}, which is owned by uid ${uid}, and must be owned by root: chown 0 ${path}`);
		if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0)
			throw wrong(`is in ${path}, which can be written by others (mode ${octal(stats)}): chmod go-w ${path}`);
	}
	return 'safe';
}

/**
 * Reads a file that root alone may have written, and put where it is: see `readSafeFile`. What is there in any form and is no such file
 * is a mistake, also a link that leads nowhere. `admin`: a uid that counts as root's, which is 0 but in tests.
 * @returns undefined when nothing is there.
 * @throws ConfigError
 */
export async function readRootFile(file: string, admin: number): Promise<string | undefined> {
	const found = process.getuid?.() === undefined ? 'safe' : await rootsPath(file, admin);
	return found === 'absent' ? undefined : readSafeFile(file, {kind: 'trusted', owner: {admin}});
}

/**
 * Reads a text file whose words we act on. The owner and mode are those of the open file, not of a name that may be exchanged meanwhile.
 * @returns undefined when there is no such file.
 * @throws ConfigError when it cannot be read, or someone else could have written it (`trusted`) or read it (`secret`).
 */
export async function readSafeFile(
	file: string,
	rule: {readonly kind: 'trusted'; readonly owner: Owner} | {readonly kind: 'secret'},
	mostBytes = largest,
): Promise<string | undefined> {
	// Without O_NONBLOCK a pipe that nobody writes to would hold the start for ever.
	const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
		if (isNodeError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
		throw new ConfigError(file, [{text: `cannot be opened: ${reason(error)}`}], {cause: error});
	});
	if (handle === undefined) return undefined;
	try {
		const stats = await handle.stat();
		if (!stats.isFile()) throw new ConfigError(file, [{text: 'is not a file'}]);
		const problem = rule.kind === 'secret' ? leak(file, stats) : distrust(file, stats, rule.owner);
		if (problem !== undefined) throw new ConfigError(file, [{text: problem}]);
		if (stats.size > mostBytes) throw new ConfigError(file, [{text: `is larger than ${mostBytes / 1024 / 1024} MB`}]);
		return await handle.readFile('utf8');
	} finally {
		await handle.close();
	}
}

const isNodeError = (error: unknown): error is NodeJS.ErrnoException => error instanceof Error && 'code' in error;

/** `permission denied`, without the path that the caller names anyway. */
function reason(error: unknown): string {
	if (!isNodeError(error)) return String(error);
	if (error.code === 'EACCES') return 'permission denied';
	return error.code ?? error.message;
}

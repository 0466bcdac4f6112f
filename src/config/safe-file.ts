import {constants, type Stats} from 'node:fs';
import {open} from 'node:fs/promises';
import {ConfigError} from './config-error.ts';

/** Files larger than this are not what they are said to be. */
const largest = 1024 * 1024;

/** Who may own a file: us (and root, who may do anything anyway), or root alone. */
export type Owner = 'us' | 'root';

/** What makes a file's owner or mode a reason not to trust what it says, and the command that mends it. */
function distrust(file: string, stats: Stats, owner: Owner): string | undefined {
	const us = process.getuid?.();
	if (us === undefined) return undefined;
	if (stats.uid !== 0 && (owner === 'root' || stats.uid !== us)) {
		const wanted = owner === 'root' ? 'root' : `you (uid ${us}) or root`;
		return `is owned by uid ${stats.uid}, and must be owned by ${wanted}: chown ${owner === 'root' ? 0 : us} ${file}`;
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

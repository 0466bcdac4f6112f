import {constants, type Stats} from 'node:fs';
import {access} from 'node:fs/promises';
import {walkPath} from './walk-path.ts';

const sticky = 0o1000;

export type ProgramCheck =
	/** `file`: the path with all links resolved. */
	| {readonly state: 'safe'; readonly file: string}
	| {readonly state: 'missing'}
	/** Another user can decide what runs; `reason` has the path and the command that fixes it. */
	| {readonly state: 'unsafe'; readonly reason: string};

/**
 * Checks that only this user and root decide what runs at an absolute path: they own the file and each directory and link on the path, and no
 * other user can write any of them. In a directory with the sticky bit only the owner of an entry can replace it.
 */
export async function checkProgram(program: string): Promise<ProgramCheck> {
	const us = process.getuid?.() ?? 0;
	const {steps, at, end} = await walkPath(program);
	for (const {path, stats} of steps) {
		const {uid} = stats;
		if (uid !== 0 && uid !== us)
			return unsafe(`${path} is owned by uid ${uid}, and must be owned by you (uid ${us}) or root`);
		if (stats.isSymbolicLink()) continue;
		if (stats.isDirectory() ? isOpenDirectory(stats) : (stats.mode & 0o022) !== 0) {
			const mode = (stats.mode & 0o7777).toString(8).padStart(3, '0');
			return unsafe(`${path} can be written by others (mode ${mode}): chmod go-w ${path}`);
		}
	}
	const isFile = end === 'found' && steps.at(-1)?.stats.isFile() === true;
	return isFile && (await isExecutable(at)) ? {state: 'safe', file: at} : {state: 'missing'};
}

const unsafe = (reason: string): ProgramCheck => ({state: 'unsafe', reason});

/** Returns true when another user can replace an entry. Root's group and the private group of this user (gid equals uid) do not count. */
function isOpenDirectory({mode, gid}: Stats): boolean {
	if ((mode & sticky) !== 0) return false;
	const isPrivate = gid === 0 || (gid === process.getgid?.() && gid === process.getuid?.());
	return (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && !isPrivate);
}

const isExecutable = (file: string): Promise<boolean> =>
	access(file, constants.X_OK).then(
		() => true,
		() => false,
	);

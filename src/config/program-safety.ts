import {constants, type Stats} from 'node:fs';
import {access, lstat, readlink} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';

/** More links than this lead in a circle. */
const mostLinks = 40;
const sticky = 0o1000;

export type Program =
	/** `file`: what runs, after all links. */
	| {readonly state: 'safe'; readonly file: string}
	| {readonly state: 'missing'}
	/** Somebody else can decide what runs; `reason` names the path and the command that mends it. */
	| {readonly state: 'unsafe'; readonly reason: string};

/**
 * Whether only this user and root decide what runs under an absolute path: they own the file, and each directory and link on the way to it, and
 * nobody else can write any of them. In a directory with the sticky bit only the owner of an entry can exchange it.
 */
export async function examineProgram(program: string): Promise<Program> {
	const us = process.getuid?.() ?? 0;
	const unsafe = (reason: string): Program => ({state: 'unsafe', reason});
	let rest = resolve(program).split('/').filter(Boolean);
	let at = '/';
	for (let links = 0; ; ) {
		let stats: Stats;
		try {
			stats = await lstat(at);
		} catch {
			return {state: 'missing'};
		}
		if (stats.uid !== 0 && stats.uid !== us)
			return unsafe(`${at} is owned by uid ${stats.uid}, and must be owned by you (uid ${us}) or root`);
		if (stats.isSymbolicLink()) {
			links += 1;
			if (links > mostLinks) return {state: 'missing'};
			const target = resolve(dirname(at), await readlink(at));
			rest = [...target.split('/').filter(Boolean), ...rest];
			at = '/';
			continue;
		}
		if (stats.isDirectory() ? isOpenDirectory(stats) : (stats.mode & 0o022) !== 0) {
			const mode = (stats.mode & 0o7777).toString(8).padStart(3, '0');
			return unsafe(`${at} can be written by others (mode ${mode}): chmod go-w ${at}`);
		}
		const next = rest.shift();
		if (next === undefined)
			return stats.isFile() && (await isExecutable(at)) ? {state: 'safe', file: at} : {state: 'missing'};
		at = join(at, next);
	}
}

/** A group that is root's, or the private group of this user (its number is that of the user), is nobody else. */
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

import {userInfo} from 'node:os';
import {isAbsolute, join} from 'node:path';

export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** The environment does not define the user's directories. The message is one line without a full stop. */
export class EnvironmentError extends Error {
	override readonly name = 'EnvironmentError';
}

/** Variables that define our directories. An empty XDG variable counts as unset (XDG Base Directory 0.8); an empty HOME does not. */
const directories = ['HOME', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME'] as const;

/**
 * Checks that every directory is absolute. A relative one would let the current directory, which may belong to someone else, decide what is
 * read, run and recorded.
 * @throws EnvironmentError
 */
export function checkDirectories(env: EnvironmentVariables): void {
	for (const name of directories) absoluteOr(env, name);
}

/**
 * Returns the home directory: HOME, else the passwd entry of this uid. `passwd` returns the home of that entry and throws when there is none.
 * @throws EnvironmentError when HOME is empty or relative, or when neither is set.
 */
export function homeDirectory(env: EnvironmentVariables, passwd: () => string = () => userInfo().homedir): string {
	const given = absoluteOr(env, 'HOME');
	if (given !== undefined) return given;
	let found: string;
	try {
		found = passwd();
	} catch (error) {
		const uid = process.getuid?.();
		throw new EnvironmentError(
			`HOME is not set, and uid ${uid} has no passwd entry: set HOME to the absolute path of your home directory`,
			{cause: error},
		);
	}
	if (isAbsolute(found)) return found;
	throw new EnvironmentError('HOME is not set, and the passwd entry names no absolute path: set HOME to one');
}

/** Returns a base directory of the XDG specification; default: `beneath`, relative to the home directory. @throws EnvironmentError */
export function baseDirectory(
	env: EnvironmentVariables,
	name: 'XDG_CONFIG_HOME' | 'XDG_STATE_HOME',
	beneath: string,
	home: () => string = () => homeDirectory(env),
): string {
	return absoluteOr(env, name) ?? join(home(), beneath);
}

function absoluteOr(env: EnvironmentVariables, name: (typeof directories)[number]): string | undefined {
	const given = env[name];
	if (given === undefined || (given === '' && name !== 'HOME')) return undefined;
	if (isAbsolute(given)) return given;
	const what = given === '' ? 'is empty' : 'is not an absolute path';
	throw new EnvironmentError(
		`${name} ${what}, and midwatch never reads the current directory: set an absolute path, or unset it`,
	);
}

import {randomBytes} from 'node:crypto';
import {closeSync, constants, openSync, readSync} from 'node:fs';
import {makeDirectory} from '../files/make-directory.ts';
import {replaceFile} from '../files/replace-file.ts';
import {stateLayout, statePath} from './layout.ts';

/**
 * The version of `stateLayout`. It is raised when a file moves, or gets contents that the version before would misread. The first one had no
 * version file.
 */
export const layoutVersion = 1;

/** The state directory belongs to a newer midwatch. The message is one line without a full stop. */
export class LayoutVersionError extends Error {
	override readonly name = 'LayoutVersionError';
}

/** Checks that this version knows the layout of the state directory. @throws LayoutVersionError */
export function checkLayoutVersion(stateDir: string): void {
	const version = readLayoutVersion(stateDir);
	if (version === undefined || version <= layoutVersion) return;
	throw new LayoutVersionError(
		`${statePath(stateDir, 'version')}: version is ${version}, written by a newer midwatch, and must be at most ${layoutVersion}: use that midwatch, or another directory with XDG_STATE_HOME`,
	);
}

/** Writes the version file when there is none. Its directory may be missing. @throws Error of node:fs */
export async function recordLayoutVersion(stateDir: string): Promise<void> {
	if (readLayoutVersion(stateDir) !== undefined) return;
	makeDirectory(stateDir);
	const path = statePath(stateDir, 'version');
	const temporary = `${path}.${randomBytes(6).toString('hex')}`;
	await replaceFile(path, `${JSON.stringify({version: layoutVersion})}\n`, {temporary});
}

/** Undefined without a file of this form: it decides nothing, and is written again. Synchronous, for the first frame waits for it. */
function readLayoutVersion(stateDir: string): number | undefined {
	const {maxBytes} = stateLayout.version;
	let file: number | undefined;
	try {
		// Without O_NONBLOCK a FIFO would block the start for ever.
		file = openSync(statePath(stateDir, 'version'), constants.O_RDONLY | constants.O_NONBLOCK);
		const bytes = Buffer.alloc(maxBytes + 1);
		const length = readSync(file, bytes);
		if (length > maxBytes) return undefined;
		const {version} = JSON.parse(bytes.toString('utf8', 0, length)) as {readonly version?: unknown};
		return Number.isInteger(version) ? Number(version) : undefined;
	} catch {
		return undefined;
	} finally {
		if (file !== undefined) closeSync(file);
	}
}

import {accessSync, constants, existsSync, statSync} from 'node:fs';
import {delimiter, isAbsolute, join} from 'node:path';

/**
 * Returns the absolute path of a program by its name in PATH. Ignores relative and empty entries of PATH, which mean the current directory.
 * @returns undefined when no directory of PATH holds an executable file of this name.
 */
export const findProgram = (name: string, path: string | undefined): string | undefined =>
	(path ?? '')
		.split(delimiter)
		.filter(folder => isAbsolute(folder))
		.map(folder => join(folder, name))
		.find(isExecutable);

/** The directories of the operating system's own programs: only root can write them. */
const systemDirectories = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].join(delimiter);

/** Returns the path of a program of the operating system, whatever PATH says; undefined when it is not installed. */
export const findSystemProgram = (name: string): string | undefined => findProgram(name, systemDirectories);

/** Returns the working directory of the programs that we start: never the current one, whose files may decide what a shim or an interpreter runs. */
export const workingDirectory = (home: string): string => (existsSync(home) ? home : '/');

function isExecutable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return statSync(file).isFile();
	} catch {
		return false;
	}
}

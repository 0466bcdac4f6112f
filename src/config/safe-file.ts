import {FileError, type FileRule, readChecked, readRootOwned} from '../files/checked-file.ts';
import {ConfigError} from './config-error.ts';

async function asConfigError<T>(read: Promise<T>): Promise<T> {
	try {
		return await read;
	} catch (error) {
		if (!(error instanceof FileError)) throw error;
		throw new ConfigError(error.file, [{text: error.problem}], {cause: error.cause});
	}
}

/** Like `readRootOwned`. @throws ConfigError */
export const readRootFile = (file: string, admin: number): Promise<string | undefined> =>
	asConfigError(readRootOwned(file, admin));

/** Like `readChecked`. @throws ConfigError */
export const readSafeFile = (file: string, rule: FileRule): Promise<string | undefined> =>
	asConfigError(readChecked(file, rule));

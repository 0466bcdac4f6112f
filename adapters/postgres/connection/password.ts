import {AdapterError} from '../../../src/errors.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';

/**
 * The password for one host, from the settings or the password file. Called only when the server requires one. The rules of the file are
 * those of libpq: the first line that matches, and no access for other users. We read the file, because the library looks for it in the
 * current directory when HOME is not set. @throws AdapterError `denied` when there is none.
 */
export async function passwordOf(
	settings: PostgresSettings,
	host: {readonly host: string; readonly port: number},
): Promise<string> {
	const {database, user, password: given, passwordFile} = settings;
	if (given !== undefined) return given.reveal();
	const text = await passwordFile?.read();
	const [{getPassword}, {Readable}] = await Promise.all([import('pgpass/lib/helper.js'), import('node:stream')]);
	const password =
		text === undefined
			? undefined
			: await new Promise<string | undefined>(resolve =>
					getPassword({...host, database, user}, Readable.from([text]), resolve),
				);
	if (password !== undefined) return password;
	throw new AdapterError(
		'denied',
		`the server requires a password for ${user}, and none is configured`,
		'Set one in the configuration, or add a line to .pgpass.',
	);
}

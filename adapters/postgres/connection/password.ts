import {AdapterError} from '../../../src/errors.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';

/**
 * Asked only when the server wants a password. The password file's rules are libpq's: the first line that fits, and no access for others. The
 * file is read by us, because the library looks for it in the current directory where HOME is not set.
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
		`the server asks ${user} for a password and there is none`,
		'Give one in the configuration, or a line in .pgpass.',
	);
}

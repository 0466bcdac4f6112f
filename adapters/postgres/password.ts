import {AdapterError} from '../../src/errors.ts';
import type {PostgresSettings} from '../../src/port/postgres.ts';

/** Asked only when the server wants a password. The file's rules are libpq's: first line that fits, and no access for others. */
export async function passwordOf(
	settings: PostgresSettings,
	host: {readonly host: string; readonly port: number},
): Promise<string> {
	if (settings.password !== undefined) return settings.password.reveal();
	const {default: pgpass} = await import('pgpass');
	const {PassThrough} = await import('node:stream');
	let warning = '';
	const listener = new PassThrough();
	listener.on('data', (chunk: Buffer) => {
		warning += chunk.toString('utf8');
	});
	const before = pgpass.warnTo(listener);
	const {database, user} = settings;
	const password = await new Promise<string | undefined>(resolve => pgpass({...host, database, user}, resolve));
	pgpass.warnTo(before);
	if (password !== undefined) return password;
	throw new AdapterError(
		'denied',
		`the server asks ${user} for a password and there is none`,
		warning === ''
			? 'Give one in the configuration, or a line in .pgpass.'
			: `The password file was not used: ${warning.trim().replace(/^WARNING: /, '')}`,
	);
}

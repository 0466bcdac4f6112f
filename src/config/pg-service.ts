import {join} from 'node:path';
import type {ConfigEnvironment} from './config-environment.ts';
import {readSafeFile} from './safe-file.ts';
import {SettingsError} from './settings-error.ts';

/** The keys of one service, in libpq's names, and the file they stand in. */
export type PgService = {readonly file: string; readonly values: ReadonlyMap<string, string>};

/**
 * Looks a service up as libpq does: PGSERVICEFILE or ~/.pg_service.conf, then pg_service.conf in the system's folder.
 * https://www.postgresql.org/docs/current/libpq-pgservice.html
 * A relative PGSERVICEFILE starts from the current directory, as with libpq: the user wrote that path, and nothing in the file runs.
 * @throws SettingsError when no file has it. @throws ConfigError when a file was writable by others.
 */
export async function findPgService(
	service: string,
	{env, home}: Pick<ConfigEnvironment, 'env' | 'home'>,
): Promise<PgService> {
	const files = [
		env['PGSERVICEFILE'] || join(home, '.pg_service.conf'),
		join(env['PGSYSCONFDIR'] || '/etc/postgresql-common', 'pg_service.conf'),
	];
	for (const file of files) {
		const text = await readSafeFile(file, {kind: 'trusted', owner: 'us'});
		const words = text === undefined ? undefined : readService(text, service);
		if (words !== undefined) return {file, values: words};
	}
	throw new SettingsError(`PGSERVICE names ${service}, which is neither in ${files.join(' nor in ')}`);
}

/** One section of an INI file: `#` begins a comment line, nothing is quoted. */
function readService(text: string, service: string): ReadonlyMap<string, string> | undefined {
	let words: Map<string, string> | undefined;
	let inside = false;
	for (const raw of text.split(/\r?\n/)) {
		const line = raw.trim();
		if (line === '' || line.startsWith('#')) continue;
		if (line.startsWith('[')) {
			inside = line === `[${service}]` && words === undefined;
			if (inside) words = new Map();
			continue;
		}
		const equals = line.indexOf('=');
		if (inside && equals > 0) words?.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
	}
	return words;
}

import {join} from 'node:path';
import {readSafeFile} from '../../../src/config/safe-file.ts';
import {SettingsError} from '../../../src/config/settings-error.ts';
import type {SettingsEnvironment} from '../../../src/contract/target-config.ts';

/** The settings of one service by libpq's names, and the file that holds them. */
export type PgService = {readonly file: string; readonly values: ReadonlyMap<string, string>};

/**
 * Finds a service as libpq does: PGSERVICEFILE or ~/.pg_service.conf, then pg_service.conf in the system's folder.
 * https://www.postgresql.org/docs/current/libpq-pgservice.html
 * A relative PGSERVICEFILE starts from the current directory, as in libpq: the user wrote that path, and nothing in the file is executed.
 * @throws SettingsError when no file defines it. @throws ConfigError when others can write a file.
 */
export async function findPgService(
	service: string,
	{env, home}: Pick<SettingsEnvironment, 'env' | 'home'>,
): Promise<PgService> {
	const files = [
		env['PGSERVICEFILE'] || join(home, '.pg_service.conf'),
		join(env['PGSYSCONFDIR'] || '/etc/postgresql-common', 'pg_service.conf'),
	];
	for (const file of files) {
		const text = await readSafeFile(file, {kind: 'trusted', owner: 'us'});
		const values = text === undefined ? undefined : readService(text, service);
		if (values !== undefined) return {file, values};
	}
	throw new SettingsError(`PGSERVICE names ${service}, which is neither in ${files.join(' nor in ')}`);
}

/** Reads one section of an INI file: `#` starts a comment line, there are no quotes. */
function readService(text: string, service: string): ReadonlyMap<string, string> | undefined {
	let values: Map<string, string> | undefined;
	let inside = false;
	for (const raw of text.split(/\r?\n/)) {
		const line = raw.trim();
		if (line === '' || line.startsWith('#')) continue;
		if (line.startsWith('[')) {
			inside = line === `[${service}]` && values === undefined;
			if (inside) values = new Map();
			continue;
		}
		const equals = line.indexOf('=');
		if (inside && equals > 0) values?.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
	}
	return values;
}

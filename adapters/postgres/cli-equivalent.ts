import type {Target} from '../../src/contract/target.ts';
import {tlsMode} from '../../src/model/postgres/postgres-tls.ts';
import type {PostgresSettings} from '../../src/port/postgres.ts';
import {shellLine} from '../../src/text/quote.ts';

/** A value in a libpq connection string. */
const conninfoValue = (text: string): string =>
	/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** A shell command that runs `statement` with psql on this target. It contains no password: psql prompts, or reads .pgpass. */
export function psqlCommand(target: Target<PostgresSettings>, statement: string): string {
	const {hosts, database, user, tls} = target.settings;
	// psql takes one mode for all hosts.
	const modes = hosts.map(({host}) => tlsMode(tls, host));
	const parameters: readonly (readonly [string, string | undefined])[] = [
		['host', hosts.map(({host}) => host).join(',')],
		['port', hosts.map(({port}) => port).join(',')],
		['user', user],
		['dbname', database],
		['sslmode', modes.includes('verify-full') ? 'verify-full' : modes[0]],
		['sslrootcert', tls.ca],
		['sslcert', tls.cert],
		['sslkey', tls.key],
	];
	const conninfo = parameters
		.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${conninfoValue(value)}`]))
		.join(' ');
	return shellLine(['psql', '-X', conninfo, '-c', statement.replace(/\s+/g, ' ').trim()]);
}

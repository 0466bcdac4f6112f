import {readFile} from 'node:fs/promises';
import {type ConnectionOptions, checkServerIdentity} from 'node:tls';
import type {PostgresSettings} from '../../src/port/postgres.ts';

/**
 * The options of one TLS connection, in libpq's meaning, which is not that of `pg`: there every mode but `disable` checks all.
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 */
export async function tlsOptions(tls: PostgresSettings['tls'], host: string): Promise<ConnectionOptions | false> {
	// libpq never encrypts what goes through a Unix socket.
	if (tls.mode === 'disable' || host.startsWith('/')) return false;
	const read = (path: string | undefined) => (path === undefined ? undefined : readFile(path, 'utf8'));
	const [ca, cert, key] = await Promise.all([read(tls.ca), read(tls.cert), read(tls.key)]);
	const checksChain =
		tls.mode === 'verify-ca' || tls.mode === 'verify-full' || (tls.mode === 'require' && tls.ca !== undefined);
	return {
		rejectUnauthorized: checksChain,
		checkServerIdentity:
			tls.mode === 'verify-full' ? (_, certificate) => checkServerIdentity(host, certificate) : () => undefined,
		...(ca === undefined ? {} : {ca}),
		...(cert === undefined ? {} : {cert}),
		...(key === undefined ? {} : {key}),
	};
}

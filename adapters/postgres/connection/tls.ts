import type {Duplex} from 'node:stream';
import {type ConnectionOptions, checkServerIdentity, TLSSocket} from 'node:tls';
import type {ChannelSecurity} from '../../../src/contract/channel-security.ts';
import {readTlsFiles} from '../../../src/files/tls-files.ts';
import {isUnixSocket, tlsMode, verifiesCertificateChain} from '../../../src/model/postgres/postgres-tls.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {isLoopback} from '../../../src/text/loopback.ts';

type Tls = PostgresSettings['tls'];

/**
 * The options of one TLS connection, with the modes as libpq defines them. `pg` differs: each of its modes but `disable` verifies everything.
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 */
export async function postgresTlsOptions(tls: Tls, host: string): Promise<ConnectionOptions | false> {
	const mode = tlsMode(tls, host);
	// libpq never encrypts a Unix socket.
	if (mode === 'disable' || isUnixSocket(host)) return false;
	const files = await readTlsFiles(tls);
	return {
		rejectUnauthorized: verifiesCertificateChain(tls, host),
		checkServerIdentity:
			mode === 'verify-full' ? (_, certificate) => checkServerIdentity(host, certificate) : () => undefined,
		...files,
	};
}

/**
 * The channel security of an open connection. `local` depends on the address that was reached, not on a name. A chain to a CA of the system
 * without a check of the name (`verify-ca` without `ca`) verifies nothing: a public CA issues certificates to anyone.
 */
export function channelSecurityOf(stream: Duplex, tls: Tls, host: string): ChannelSecurity {
	const {remoteAddress} = stream as {readonly remoteAddress?: unknown};
	if (isUnixSocket(host) || (typeof remoteAddress === 'string' && isLoopback(remoteAddress))) return 'local';
	if (!(stream instanceof TLSSocket)) return 'plain';
	const names = tlsMode(tls, host) === 'verify-full' || tls.ca !== undefined;
	return stream.authorized && verifiesCertificateChain(tls, host) && names ? 'verified' : 'unverified';
}

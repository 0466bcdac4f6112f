import type {PostgresSettings, PostgresTlsMode} from '../../port/postgres.ts';
import {isLoopback} from '../../text/loopback.ts';

type Tls = PostgresSettings['tls'];

/** Whether `host` is the folder of a Unix socket. */
export const isUnixSocket = (host: string): boolean => host.startsWith('/');

const isLocalHost = (host: string): boolean => isUnixSocket(host) || isLoopback(host);

/** The mode in force for one host of a target. */
export const tlsMode = (tls: Tls, host: string): PostgresTlsMode =>
	tls.mode ?? (isLocalHost(host) ? 'prefer' : 'verify-full');

/** Whether the chain of the server's certificate is checked. As libpq does, `prefer` and `require` check it when a CA is given. */
export function verifiesCertificateChain(tls: Tls, host: string): boolean {
	const mode = tlsMode(tls, host);
	if (mode === 'prefer') return tls.ca !== undefined && !isLocalHost(host);
	return mode === 'verify-full' || mode === 'verify-ca' || (mode === 'require' && tls.ca !== undefined);
}

import type {ConnectionOptions} from 'node:tls';
import {readTlsFiles} from '../../../src/files/tls-files.ts';
import type {RedisTls} from '../../../src/port/redis.ts';

/** Options of one TLS connection. Call it for each connection, so that a renewed certificate is used. @throws AdapterError `denied` */
export async function tlsOptions(tls: RedisTls): Promise<ConnectionOptions> {
	return {...(await readTlsFiles(tls)), ...(tls.servername === undefined ? {} : {servername: tls.servername})};
}

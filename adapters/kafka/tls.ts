import {readFile} from 'node:fs/promises';
import type {ConnectionOptions} from 'node:tls';
import type {KafkaTls} from '../../src/port/kafka.ts';

const read = async (path: string | undefined): Promise<Buffer | undefined> =>
	path === undefined ? undefined : readFile(path);

/** What a socket needs, read anew for each connection, so that a renewed certificate counts. @throws Error with the code of the file. */
export async function tlsOptions(tls: KafkaTls): Promise<ConnectionOptions> {
	const [ca, cert, key] = await Promise.all([read(tls.ca), read(tls.cert), read(tls.key)]);
	return {
		...(ca === undefined ? {} : {ca}),
		...(cert === undefined ? {} : {cert}),
		...(key === undefined ? {} : {key}),
		...(tls.servername === undefined ? {} : {servername: tls.servername}),
	};
}

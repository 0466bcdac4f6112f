import {AdapterError} from '../errors.ts';
import type {TlsSettings} from '../port/tls.ts';
import {FileError, type FileRule, readChecked} from './checked-file.ts';

/** The CA bundle of a system has about 250 kB. */
const maxBytes = 16 * 1024 * 1024;

/** Contents of PEM files. A file that is not configured is absent, so that this can be spread into the options of `tls.connect`. */
export type TlsFiles = {readonly ca?: string; readonly cert?: string; readonly key?: string};

const trusted: FileRule = {kind: 'trusted', owner: 'us'};
const hints = {
	ca: 'A user who can write this file decides which servers midwatch trusts.',
	cert: 'A user who can write this file decides as whom midwatch logs in.',
	key: 'A user who can read this file can log in as you.',
};

async function read(name: keyof TlsFiles, path: string | undefined): Promise<TlsFiles> {
	if (path === undefined) return {};
	const rule: FileRule = name === 'key' ? {kind: 'secret'} : trusted;
	const text = await readChecked(path, rule, maxBytes).catch((error: unknown) => {
		if (!(error instanceof FileError)) throw error;
		throw new AdapterError('denied', error.message, hints[name], {cause: error.cause});
	});
	if (text !== undefined) return {[name]: text};
	const hint = `Correct the path of \`tls.${name}\` in the configuration.`;
	throw new AdapterError('denied', `${path}: there is no such file`, hint);
}

/**
 * Reads the files of `tls` settings. This user or root must own them; no other user may be able to write `ca` and `cert`, or to read
 * `key`. Call it for each connection, so that a renewed certificate is used.
 * @throws AdapterError `denied`, with the chmod or chown that repairs it.
 */
export async function readTlsFiles({ca, cert, key}: Pick<TlsSettings, 'ca' | 'cert' | 'key'>): Promise<TlsFiles> {
	const files = await Promise.all([read('ca', ca), read('cert', cert), read('key', key)]);
	return Object.assign({}, ...files) as TlsFiles;
}

/** Options of `tls.connect` for one connection. @throws AdapterError `denied` as `readTlsFiles`. */
export async function readTlsOptions(tls: TlsSettings): Promise<TlsFiles & {readonly servername?: string}> {
	return {...(await readTlsFiles(tls)), ...(tls.servername === undefined ? {} : {servername: tls.servername})};
}

import {AdapterError} from '../errors.ts';
import {FileError, type FileRule, readChecked} from './checked-file.ts';

/** The bundle of a system's authorities has about 250 kB. */
const mostBytes = 16 * 1024 * 1024;

/** Paths of PEM files. */
type Paths = {readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: string | undefined};

/** Their contents. A name without a path is absent, so that this can be spread into the options of `tls.connect`. */
export type TlsFiles = {readonly ca?: string; readonly cert?: string; readonly key?: string};

const trusted: FileRule = {kind: 'trusted', owner: 'us'};
const hints = {
	ca: 'A user who can write this file decides which servers midwatch trusts.',
	cert: 'A user who can write this file decides as whom midwatch logs in.',
	key: 'A user who can read this file can log in as you.',
};

async function read(name: keyof Paths, path: string | undefined): Promise<TlsFiles> {
	if (path === undefined) return {};
	const rule: FileRule = name === 'key' ? {kind: 'secret'} : trusted;
	const text = await readChecked(path, rule, mostBytes).catch((error: unknown) => {
		if (!(error instanceof FileError)) throw error;
		throw new AdapterError('denied', error.message, hints[name], {cause: error.cause});
	});
	if (text !== undefined) return {[name]: text};
	const hint = `Correct the path of \`tls.${name}\` in the configuration.`;
	throw new AdapterError('denied', `${path}: there is no such file`, hint);
}

/**
 * Reads the files of the `tls` settings of a target or a sink. This user or root must own them; no other user may be able to write
 * `ca` and `cert`, or to read `key`. Call it for each connection, so that a renewed certificate is used.
 * @throws AdapterError `denied`, with the chmod or chown that mends it.
 */
export async function readTlsFiles({ca, cert, key}: Paths): Promise<TlsFiles> {
	const files = await Promise.all([read('ca', ca), read('cert', cert), read('key', key)]);
	return Object.assign({}, ...files) as TlsFiles;
}

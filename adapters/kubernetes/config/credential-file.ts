import {AdapterError, messageOf} from '../../../src/errors.ts';
import {FileError, readChecked} from '../../../src/files/checked-file.ts';

/** The maximum size in bytes: a kubeconfig of a few hundred clusters holds their certificates. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Reads a file that decides which program runs, or where and as which user midwatch logs in: a kubeconfig, kuberc, a token, a certificate
 * or its key. Like config.yaml, it must belong to this user or root, and no other user may be able to write it.
 * @returns undefined when there is no such file.
 * @throws AdapterError `denied` when it cannot be read or trusted.
 */
export async function readCredentialFile(file: string): Promise<string | undefined> {
	try {
		return await readChecked(file, {kind: 'trusted', owner: 'us'}, maxBytes);
	} catch (error) {
		if (!(error instanceof FileError)) throw error;
		const hint =
			'A user who can write this file decides which program midwatch runs, and where and as whom it logs in.';
		throw new AdapterError('denied', messageOf(error), hint, {cause: error});
	}
}

/** Like `readCredentialFile`, for a file that must exist. @throws AdapterError `denied` */
export async function readRequiredCredentialFile(file: string): Promise<string> {
	const text = await readCredentialFile(file);
	if (text !== undefined) return text;
	throw new AdapterError(
		'denied',
		`${file}: there is no such file`,
		'Correct the path in the kubeconfig, or log in again.',
	);
}

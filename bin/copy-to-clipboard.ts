import {rename, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {makeDirectory} from '../src/files/make-directory.ts';
import type {Tty} from '../views/terminal/tty.ts';

/**
 * Puts text on the clipboard of the terminal in front of the person (OSC 52), and into a file, since not every terminal has such a
 * clipboard and none tells whether it took it.
 * @returns the sentence that says where it is. @throws Error of node:fs when the file cannot be written.
 */
export async function copyToClipboard(tty: Pick<Tty, 'copy'>, stateDir: string, text: string): Promise<string> {
	const sent = tty.copy(text);
	const path = join(stateDir, 'copied.txt');
	makeDirectory(stateDir);
	await writeFile(`${path}.new`, `${text}\n`, {mode: 0o600});
	await rename(`${path}.new`, path);
	return sent ? `copied to the clipboard and to ${path}` : `too long for the clipboard; copied to ${path}`;
}

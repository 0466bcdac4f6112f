import {rename, writeFile} from 'node:fs/promises';
import {makeDirectory} from '../src/files/make-directory.ts';
import {fileMode, statePath} from '../src/state/layout.ts';
import type {Tty} from '../views/terminal/tty.ts';

/**
 * Copies text to the clipboard of the user's terminal (OSC 52) and to a file: not every terminal supports OSC 52, and none reports
 * whether it accepted the text.
 * @returns a sentence that says where the text is. @throws Error of node:fs when the file cannot be written.
 */
export async function copyToClipboard(tty: Pick<Tty, 'copy'>, stateDir: string, text: string): Promise<string> {
	const sent = tty.copy(text);
	const path = statePath(stateDir, 'copiedText');
	makeDirectory(stateDir);
	await writeFile(`${path}.new`, `${text}\n`, {mode: fileMode});
	await rename(`${path}.new`, path);
	return sent ? `copied to the clipboard and to ${path}` : `too long for the clipboard; copied to ${path}`;
}

import {existsSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import type {BuiltProgram} from '../e2e/built-program.ts';
import {type Pty, startPty} from '../e2e/pty.ts';

const spy = fileURLToPath(new URL('spy-start.mjs', import.meta.url));

export type FirstFrame = {
	/** Whether the code cache of an earlier start was used. */
	readonly code: 'none' | 'refused' | 'taken';
	/** The Node modules that were loaded for the first frame. */
	readonly builtins: readonly string[];
	/** How many segmenters of text were created for it. */
	readonly segmenters: number;
};

/** Starts the demo and waits for its first frame. The caller closes the terminal. */
export async function startBuilt(
	{file, home}: BuiltProgram,
	...args: readonly string[]
): Promise<{readonly pty: Pty; readonly first: FirstFrame}> {
	const report = join(home, 'first-frame.json');
	rmSync(report, {force: true});
	const pty = await startPty([process.execPath, file, '--demo', ...args], {
		columns: 120,
		rows: 40,
		cwd: home,
		env: {
			PATH: process.env['PATH'] ?? '',
			HOME: home,
			TERM: 'xterm-256color',
			LANG: 'C.UTF-8',
			NODE_OPTIONS: `--import=${spy}`,
			MIDWATCH_SPY: report,
		},
	});
	await pty.waitFor('1 Pods');
	return {pty, first: JSON.parse(readFileSync(report, 'utf8')) as FirstFrame};
}

/** Waits until the file exists. @throws Error after 45 seconds. */
export async function waitForFile(path: string): Promise<void> {
	for (let attempt = 0; attempt < 450; attempt += 1) {
		if (existsSync(path)) return;
		await pause(100);
	}
	throw new Error(`${path} was not written`);
}

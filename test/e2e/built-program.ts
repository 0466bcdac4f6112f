import {spawn, spawnSync} from 'node:child_process';
import {copyFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const root = new URL('../..', import.meta.url).pathname;

export type Run = {readonly code: number | null; readonly stdout: string; readonly stderr: string};

/** midwatch as it is shipped: one file, in a folder without other files, with an empty home directory. */
export type BuiltProgram = {
	readonly file: string;
	readonly home: string;
	/** Runs it to its end. `node`: arguments before the file. */
	run(
		args: readonly string[],
		options?: {
			/** A variable that is undefined is not set. */
			readonly env?: Readonly<Record<string, string | undefined>>;
			/** The working directory; the home directory when absent. */
			readonly cwd?: string;
			/** The Unix user that runs the program; only root may set it. */
			readonly uid?: number;
			readonly node?: readonly string[];
			readonly program?: string;
		},
	): Promise<Run>;
	remove(): void;
};

/** Builds midwatch into a directory of its own. @throws Error when the build fails. */
export function buildAlone(): BuiltProgram {
	const home = mkdtempSync(join(tmpdir(), 'midwatch-built-'));
	const built = join(home, 'built.js');
	const {status, stderr} = spawnSync(
		process.execPath,
		[join(root, 'scripts', 'build.mjs'), '--quiet', '--out', built],
		{encoding: 'utf8'},
	);
	if (status !== 0) throw new Error(`the build failed: ${stderr}`);
	const file = join(home, 'midwatch.js');
	copyFileSync(built, file);
	rmSync(built);
	return {
		file,
		home,
		run: (args, {env = {}, cwd = home, uid, node = [], program = process.execPath} = {}) =>
			new Promise((resolve, reject) => {
				const child = spawn(program, [...node, file, ...args], {
					cwd,
					...(uid === undefined ? {} : {uid, gid: uid}),
					env: {HOME: home, PATH: '/usr/bin:/bin', TERM: 'xterm-256color', ...env},
					stdio: ['ignore', 'pipe', 'pipe'],
				});
				let stdout = '';
				let stderr = '';
				child.stdout.setEncoding('utf8').on('data', chunk => {
					stdout += chunk;
				});
				child.stderr.setEncoding('utf8').on('data', chunk => {
					stderr += chunk;
				});
				child.on('error', reject);
				child.on('close', code => resolve({code, stdout, stderr}));
			}),
		remove: () => rmSync(home, {recursive: true, force: true}),
	};
}

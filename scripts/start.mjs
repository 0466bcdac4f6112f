/*
 * Starts dist/midwatch.js, and builds it first when a source is newer. It runs in this process, so that the terminal, the signals and the
 * exit code are those of the console.
 */
import {spawnSync} from 'node:child_process';
import {readdirSync, statSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {needNode} from './node-version.mjs';

needNode();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, 'dist', 'midwatch.js');

/** @returns the modification time of the newest source, in epoch milliseconds. */
function newestSourceMs() {
	let time = Math.max(...['package-lock.json', 'package.json'].map(name => statSync(join(root, name)).mtimeMs));
	for (const folder of ['bin', 'src', 'views', 'adapters', 'demo', 'scripts']) {
		for (const entry of readdirSync(join(root, folder), {recursive: true, withFileTypes: true})) {
			if (entry.isFile()) time = Math.max(time, statSync(join(entry.parentPath, entry.name)).mtimeMs);
		}
	}
	return time;
}

const builtAt = statSync(built, {throwIfNoEntry: false})?.mtimeMs ?? 0;
if (builtAt < newestSourceMs()) {
	const {status} = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--quiet'], {stdio: 'inherit'});
	if (status !== 0) {
		process.stderr.write('midwatch: the build failed, see above. "npm ci" installs what it needs.\n');
		process.exit(2);
	}
}

process.argv[1] = built;
await import(pathToFileURL(built).href);

/*
 * `npm test`: starts the real servers that are not running and can be started, builds dist/midwatch.js for the end-to-end tests, runs the
 * tests, and stops the servers that it started. Arguments go to vitest: `npm test -- test/src` runs only those files.
 *
 * With MIDWATCH_REQUIRE=all every skipped test is a failure.
 */
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {needNode} from './node-version.mjs';

needNode();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const filters = args.filter(arg => !arg.startsWith('-'));

/** @returns true when the requested tests may be in one of these folders. */
const mayTouch = folders =>
	filters.length === 0 ||
	filters.some(filter => folders.some(name => filter.includes(name) || name.startsWith(filter)));

/** @returns the names of the servers that run. */
function runningServers() {
	const file = join(root, '.estate', 'estate.json');
	if (!existsSync(file)) return [];
	return JSON.parse(readFileSync(file, 'utf8')).servers.map(server => server.name);
}

/** Runs an estate command. Prints only what is missing, or all of its output when it failed: the last line of a test run must be the count. */
function estate(...words) {
	const result = spawnSync(process.execPath, [join(root, 'test', 'estate', 'estate.ts'), ...words], {
		cwd: root,
		encoding: 'utf8',
	});
	if (result.status === 0) return;
	for (const line of `${result.stdout}${result.stderr}`.split('\n')) {
		if (line.includes('missing') || result.status !== 1) process.stderr.write(`${line}\n`);
	}
}

/** Runs a program. @returns its exit code. Ctrl-C reaches it without us, because it has the same terminal; we wait for its end. */
function run(program, programArgs) {
	return new Promise(resolve => {
		const child = spawn(program, programArgs, {cwd: root, stdio: 'inherit'});
		const forward = signal => signal !== 'SIGINT' && child.kill(signal);
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
		child.on('error', error => {
			process.stderr.write(`${error.message}. Run "npm ci" first.\n`);
			resolve(2);
		});
		child.on('close', code => {
			for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, forward);
			resolve(code ?? 1);
		});
	});
}

if (mayTouch(['test/e2e'])) {
	const code = await run(process.execPath, [join(root, 'scripts', 'build.mjs'), '--quiet']);
	if (code !== 0) {
		process.stderr.write('The build failed, see above: the end-to-end tests run dist/midwatch.js.\n');
		process.exit(code);
	}
}

const runningBefore = runningServers();
const withServers = mayTouch(['test/adapters', 'test/demo', 'test/e2e', 'test/estate', 'test/faults']);
if (withServers) estate('up');

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = join(root, 'test', 'vitest.config.ts');
const code = await run(process.execPath, [vitest, 'run', '--config', config, ...args]);

if (withServers) {
	const started = runningServers().filter(name => !runningBefore.includes(name));
	if (started.length > 0) estate('down', '--only', started.join(','));
	else if (runningBefore.length === 0) estate('down');
}
process.exitCode = code;

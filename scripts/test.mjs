/*
 * `npm test`: starts the real servers that are not up and can be started, builds what the end-to-end tests run, runs the tests, and
 * stops the servers that it started. Arguments go to vitest: `npm test -- test/src` runs only those files.
 *
 * MIDWATCH_REQUIRE=all makes a failure of every skipped test.
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

/** True when the tests asked for may lie in one of these folders. */
const mayTouch = folders =>
	filters.length === 0 ||
	filters.some(filter => folders.some(name => filter.includes(name) || name.startsWith(filter)));

/** Names of the servers on record; they were there before, so they stay. */
function recorded() {
	const file = join(root, '.estate', 'estate.json');
	if (!existsSync(file)) return [];
	return JSON.parse(readFileSync(file, 'utf8')).servers.map(server => server.name);
}

/** What it says is told only when it matters: the last line of a run is the count. */
function estate(...words) {
	const done = spawnSync(process.execPath, [join(root, 'test', 'estate', 'estate.ts'), ...words], {
		cwd: root,
		encoding: 'utf8',
	});
	if (done.status === 0) return;
	for (const line of `${done.stdout}${done.stderr}`.split('\n')) {
		if (line.includes('missing') || done.status !== 1) process.stderr.write(`${line}\n`);
	}
}

/** Ends with the code of the program. It has the same terminal, so Ctrl-C reaches it without us; we wait for its end either way. */
function run(program, programArgs) {
	return new Promise(resolve => {
		const child = spawn(program, programArgs, {cwd: root, stdio: 'inherit'});
		const pass = signal => signal !== 'SIGINT' && child.kill(signal);
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass);
		child.on('error', error => {
			process.stderr.write(`${error.message}. Run "npm ci" first.\n`);
			resolve(2);
		});
		child.on('close', code => {
			for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, pass);
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

const before = recorded();
const withServers = mayTouch(['test/adapters', 'test/demo', 'test/e2e', 'test/estate', 'test/faults']);
if (withServers) estate('up');

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = join(root, 'test', 'vitest.config.ts');
const code = await run(process.execPath, [vitest, 'run', '--config', config, ...args]);

if (withServers) {
	const started = recorded().filter(name => !before.includes(name));
	if (started.length > 0) estate('down', '--only', started.join(','));
	else if (before.length === 0) estate('down');
}
process.exitCode = code;

/*
 * `npm test`: starts the real servers of the test estate, builds what the end-to-end tests run, runs the tests, and stops the servers that
 * it started. All other arguments go to vitest.
 *
 * `npm test -- WORD` runs the files whose path contains the word, and starts only the servers that they use.
 * `npm test -- --quick` runs what needs no server and no build: the project `quick` of test/vitest.config.ts.
 *
 * With MIDWATCH_REQUIRE=all a skipped test is a failure.
 */
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {needNode} from './node-version.mjs';

needNode();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const isQuick = process.argv.includes('--quick');
const args = process.argv.slice(2).filter(arg => arg !== '--quick');
/** Options of vitest whose value is an argument of its own. */
const withValue = ['-t', '--testNamePattern', '--project', '--reporter', '--maxWorkers', '--bail', '--retry'];
const filters = args
	.filter((arg, index) => !arg.startsWith('-') && !withValue.includes(args[index - 1] ?? ''))
	.map(filter => (existsSync(join(root, filter)) ? relative(root, join(root, filter)) : filter));

/** Test files that are chosen by the filters: vitest takes those whose path contains one. */
function chosenFiles() {
	const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'test'], {
		cwd: root,
		encoding: 'utf8',
	});
	return listed
		.split('\n')
		.filter(path => /\.test\.tsx?$/.test(path) && existsSync(join(root, path)))
		.filter(path => filters.length === 0 || filters.some(filter => path.includes(filter)));
}

/** Names of the servers that are recorded as up. */
function recordedServers() {
	const file = join(root, '.estate', 'estate.json');
	if (!existsSync(file)) return [];
	return JSON.parse(readFileSync(file, 'utf8')).servers.map(server => server.name);
}

/** Its output is shown only when something is missing: the last line of a run is the count. */
function runEstate(...words) {
	const done = spawnSync(process.execPath, [join(root, 'test', 'estate', 'estate.ts'), ...words], {
		cwd: root,
		encoding: 'utf8',
	});
	if (done.status === 0) return;
	for (const line of `${done.stdout}${done.stderr}`.split('\n')) {
		if (line.includes('missing') || done.status !== 1) process.stderr.write(`${line}\n`);
	}
}

/** @returns the exit code. Ctrl-C reaches the program without us, since it has the same terminal; we wait for its end. */
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

const chosen = isQuick ? [] : chosenFiles();
if (chosen.some(path => path.startsWith('test/e2e/'))) {
	const code = await run(process.execPath, [join(root, 'scripts', 'build.mjs'), '--quiet']);
	if (code !== 0) {
		process.stderr.write('The build failed, see above: the end-to-end tests run dist/midwatch.js.\n');
		process.exit(code);
	}
}

const recordedBefore = recordedServers();
const {requiredServers} = await import('../test/estate/required-servers.ts');
const required = requiredServers(chosen);
const isFullRun = !isQuick && filters.length === 0;
// A full run also starts servers that no test names, so that one that cannot be started is reported.
if (isFullRun) runEstate('up');
else if (required.length > 0) runEstate('up', '--only', required.join(','));

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = join(root, 'test', 'vitest.config.ts');
const project = isQuick ? ['--project', 'quick'] : [];
const code = await run(process.execPath, [vitest, 'run', '--config', config, ...project, ...args]);

const started = recordedServers().filter(name => !recordedBefore.includes(name));
if (recordedBefore.length === 0 && (isFullRun || required.length > 0)) runEstate('down');
else if (started.length > 0) runEstate('down', '--only', started.join(','));
process.exitCode = code;

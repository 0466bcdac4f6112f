/* `npm run check`: all checks that need no server, one line for each. Exits with 1 when one failed. */
import {spawn} from 'node:child_process';
import {delimiter, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {needNode} from './node-version.mjs';

needNode();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');

const env = {...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: '1'};

const steps = [
	['types', 'tsc', ['-p', '.']],
	['format and lint', 'biome', ['check', '--error-on-warnings']],
	['promises', 'oxlint', ['--type-aware', '-c', '.oxlintrc.json', '--deny-warnings']],
	['dead code', 'knip', ['--no-progress']],
	['regular expressions', 'node', ['scripts/regexps.mjs']],
	['language', 'node', ['scripts/dialect.mjs']],
	[
		'architecture and docs',
		'vitest',
		['run', '--config', 'test/vitest.config.ts', '--reporter=dot', 'test/architecture.test.ts', 'test/docs.test.ts'],
	],
];

/** Runs one step. Its output is printed only when it failed. */
function run([title, command, args]) {
	return new Promise(resolve => {
		const started = performance.now();
		const child = spawn(join(bin, command), args, {cwd: root, env});
		let output = '';
		child.stdout.on('data', chunk => (output += chunk));
		child.stderr.on('data', chunk => (output += chunk));
		const end = (passed, text) => {
			const took = ((performance.now() - started) / 1000).toFixed(1);
			process.stdout.write(`${passed ? 'ok  ' : 'FAIL'} ${title} (${command}, ${took} s)\n`);
			resolve({title, passed, text});
		};
		child.on('error', error => end(false, `${error.message}. Run "npm ci" first.`));
		child.on('close', code => end(code === 0, output));
	});
}

const results = [];
const waiting = [...steps];
const worker = async () => {
	for (let step = waiting.shift(); step; step = waiting.shift()) results.push(await run(step));
};
// Two at a time: the steps that need types use several threads each.
await Promise.all([worker(), worker()]);

const failed = results.filter(result => !result.passed);
for (const {title, text} of failed) process.stdout.write(`\n--- ${title}\n${text.trim()}\n`);
process.stdout.write(
	failed.length === 0
		? `\n${results.length} checks passed\n`
		: `\n${failed.length} of ${results.length} checks failed: ${failed.map(({title}) => title).join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

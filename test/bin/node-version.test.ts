import {spawnSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type BuiltProgram, buildAlone} from '../e2e/built-program.ts';

let midwatch: BuiltProgram;
beforeAll(() => {
	midwatch = buildAlone();
});
afterAll(() => midwatch.remove());

const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

describe('an unsupported Node', () => {
	const message = /^midwatch: this is Node v20\.\d+\.\d+, and midwatch needs Node 22\.12 or newer\. .+\n$/;

	/** Makes this Node report an old version and lack what the old one lacks. */
	const pretend = [
		'--import',
		`data:text/javascript,${encodeURIComponent(
			`Object.defineProperty(process, 'versions', {value: {...process.versions, node: '20.1.0'}});
			Object.defineProperty(process, 'version', {value: 'v20.1.0'});
			process.getBuiltinModule = undefined;`,
		)}`,
	];

	test('is reported in one line, with exit code 2', async () => {
		const {code, stdout, stderr} = await midwatch.run(['--version'], {node: pretend});
		expect({code, stdout}).toEqual({code: 2, stdout: ''});
		expect(stderr).toMatch(message);
	});

	test('is reported the same way beside a package.json with type module', async () => {
		writeFileSync(join(midwatch.home, 'package.json'), '{"type": "module"}');
		expect((await midwatch.run(['--version'])).stdout).toBe(`${packageJson.version}\n`);
		expect((await midwatch.run(['--version'], {node: pretend})).stderr).toMatch(message);
	});

	test('is reported by the scripts too', () => {
		const scripts = new URL('../../scripts/', import.meta.url);
		for (const name of ['build', 'start', 'check', 'docs', 'test']) {
			const run = spawnSync(process.execPath, [...pretend, new URL(`${name}.mjs`, scripts).pathname], {
				encoding: 'utf8',
			});
			expect(run.status).toBe(2);
			expect(run.stderr).toMatch(
				/^midwatch: this is Node v20\.1\.0, and midwatch needs Node 22\.12 or newer\. Run "npm ci" .+\n$/,
			);
		}
	});

	test('is one that package.json does not promise', async () => {
		const {isOlder, oldestNode} = await import('../../scripts/node-version.mjs');
		expect(packageJson.engines.node).toBe('>=22.12');
		expect(oldestNode).toBe('22.12.0');
		expect(['v20.20.2', 'v22.11.9', 'v9.99.99'].map(version => isOlder(version, oldestNode))).toEqual([
			true,
			true,
			true,
		]);
		expect(['v22.12.0', 'v22.13.0', 'v24.0.0', 'v100.0.0'].map(version => isOlder(version, oldestNode))).toEqual([
			false,
			false,
			false,
			false,
		]);
	});
});

test('the built file has no imports, so that the version check runs first', () => {
	const text = readFileSync(midwatch.file, 'utf8');
	expect(text.startsWith('#!/usr/bin/env node\n')).toBe(true);
	expect(text).not.toMatch(/^import .+ from /m);
});

// The first start builds when a source is newer than dist/midwatch.js.
test('npm start passes its arguments to the built file and returns its exit code', () => {
	const start = new URL('../../scripts/start.mjs', import.meta.url).pathname;
	const run = (...args: readonly string[]) => spawnSync(process.execPath, [start, ...args], {encoding: 'utf8'});
	expect(run('--version')).toMatchObject({status: 0, stdout: `${packageJson.version}\n`});
	expect(run('--demmo')).toMatchObject({
		status: 64,
		stdout: '',
		stderr: expect.stringContaining('did you mean --demo?'),
	});
}, 60_000);

import {spawnSync} from 'node:child_process';
import {existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {startPty} from '../e2e/pty.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

let folder: string;
let installed: string;
let packed: readonly string[];

/** Runs npm and returns its output. @throws Error with the output when it fails. */
function npm(cwd: string, ...args: readonly string[]): string {
	const {status, stdout, stderr} = spawnSync('npm', args, {cwd, encoding: 'utf8'});
	if (status !== 0) throw new Error(`npm ${args.join(' ')} exited with ${status}: ${stdout}${stderr}`);
	return stdout;
}

const sizeOf = (path: string): number =>
	readdirSync(path, {recursive: true, encoding: 'utf8'})
		.map(name => lstatSync(join(path, name)))
		.reduce((sum, stats) => sum + (stats.isFile() ? stats.size : 0), 0);

/** The environment of a user who has midwatch installed, and an empty home directory. */
const userEnvironment = () => ({
	PATH: process.env['PATH'] ?? '',
	HOME: join(folder, 'home'),
	TERM: 'xterm-256color',
	LANG: 'C.UTF-8',
});

const command = () => join(installed, 'node_modules', '.bin', 'midwatch');

const run = (...args: readonly string[]) =>
	spawnSync(command(), args, {cwd: installed, encoding: 'utf8', env: userEnvironment()});

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'midwatch-package-'));
	installed = join(folder, 'installed');
	mkdirSync(installed);
	mkdirSync(join(folder, 'home'));
	const [archive] = JSON.parse(npm(root, 'pack', '--json', '--pack-destination', folder));
	packed = archive.files.map(({path}: {path: string}) => path);
	writeFileSync(join(installed, 'package.json'), '{"private": true}');
	npm(installed, 'install', '--offline', '--no-audit', '--no-fund', join(folder, archive.filename));
}, 120_000);
afterAll(() => rmSync(folder, {recursive: true, force: true}));

describe('the package that users install', () => {
	test('is the bundle with its notices and documentation, and nothing to build', () => {
		expect(packed).toEqual(
			expect.arrayContaining(['dist/midwatch.js', 'dist/THIRD-PARTY-NOTICES.txt', 'LICENSE', 'README.md']),
		);
		const other = packed.filter(path => !/^(?:dist|docs)\/|^(?:LICENSE|README\.md|package\.json)$/.test(path));
		expect(other).toEqual([]);
	});

	test('has no dependency, takes at most 5 MB, and adds no node to the PATH', () => {
		const modules = join(installed, 'node_modules');
		expect(readdirSync(modules).filter(name => !name.startsWith('.'))).toEqual(['midwatch']);
		expect(existsSync(join(modules, 'midwatch', 'node_modules'))).toBe(false);
		expect(readdirSync(join(modules, '.bin')).filter(name => !/^midwatch(?:\.|$)/.test(name))).toEqual([]);
		expect(sizeOf(modules)).toBeLessThan(5_000_000);
		for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies'])
			expect(packageJson[kind], kind).toBeUndefined();
	});

	test('has a program of less than 3.2 MB', () => {
		expect(lstatSync(join(installed, 'node_modules', 'midwatch', 'dist', 'midwatch.js')).size).toBeLessThan(3_200_000);
	});

	test('says where its source is', () => {
		expect(packageJson).toMatchObject({
			repository: {type: 'git', url: expect.stringMatching(/^git\+https:\/\/.+\.git$/)},
			bugs: {url: expect.stringMatching(/^https:/)},
			homepage: expect.stringMatching(/^https:/),
		});
	});

	test('has the licence of every package that is in the bundle', () => {
		const notices = readFileSync(
			join(installed, 'node_modules', 'midwatch', 'dist', 'THIRD-PARTY-NOTICES.txt'),
			'utf8',
		);
		for (const name of [
			'ink',
			'ioredis',
			'pg',
			'pgpass',
			're2js',
			'react',
			'string-width',
			'yaml',
			'yoga-layout',
			'zod',
		])
			expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(.+\\)\\n\\n[^-]`, 'm'));
		expect(notices).not.toContain('esbuild ');
	});

	test('runs --version and doctor', () => {
		expect(run('--version')).toMatchObject({status: 0, stdout: `${packageJson.version}\n`, stderr: ''});
		const doctor = run('doctor', '--demo', '--target', 'redis-main');
		expect(doctor).toMatchObject({status: 0, stderr: ''});
		expect(doctor.stdout).toContain('reachable: ');
	});

	test('opens the demo in a terminal', async () => {
		const pty = await startPty([command(), '--demo'], {
			columns: 120,
			rows: 40,
			cwd: installed,
			env: userEnvironment(),
		});
		try {
			await pty.waitFor('1 Pods');
			pty.press('ctrl+c');
			expect(await pty.exited).toEqual({code: 0});
		} finally {
			await pty.close();
		}
	});
});

test('package-lock.json names no registry host', () => {
	const hosts = readFileSync(join(root, 'package-lock.json'), 'utf8').match(/"resolved": "https?:[^"]+"/g);
	expect(hosts).toBeNull();
});

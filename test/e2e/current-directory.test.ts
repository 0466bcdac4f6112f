import {chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type BuiltProgram, buildAlone} from './built-program.ts';

let midwatch: BuiltProgram;
let trap: string;

/** A directory whose files would be read, and their command run, by a console that takes its home from the current directory. */
beforeAll(() => {
	midwatch = buildAlone();
	trap = mkdtempSync(join(tmpdir(), 'midwatch-trap-'));
	const text =
		'targets: [{name: x, kind: redis, host: 127.0.0.1, port: 1, password: "${exec:[sh, -c, \'id > P\']}"}]\n';
	for (const folder of ['.config/midwatch', 'config/midwatch', 'midwatch']) {
		mkdirSync(join(trap, folder), {recursive: true});
		writeFileSync(join(trap, folder, 'config.yaml'), text, {mode: 0o600});
	}
});
afterAll(() => {
	midwatch.remove();
	rmSync(trap, {recursive: true, force: true});
});

const commands = [[], ['doctor'], ['snapshot', '--json'], ['audit', 'verify'], ['--demo'], ['doctor', '--demo']];

describe('the current directory', () => {
	test.each([
		[{HOME: ''}, 'HOME is empty'],
		[{HOME: '.'}, 'HOME is not an absolute path'],
		[{XDG_CONFIG_HOME: 'config'}, 'XDG_CONFIG_HOME is not an absolute path'],
		[{XDG_STATE_HOME: '.'}, 'XDG_STATE_HOME is not an absolute path'],
		[{XDG_CACHE_HOME: 'cache'}, 'XDG_CACHE_HOME is not an absolute path'],
	])('is never a home, with %o: one line and exit code 78', async (env, says) => {
		for (const command of commands) {
			const {code, stdout, stderr} = await midwatch.run(command, {env, cwd: trap});
			expect([code, stdout]).toEqual([78, '']);
			expect(stderr).toMatch(new RegExp(`^midwatch: ${says}[^\\n]*\\n$`));
		}
		expect(existsSync(join(trap, 'P'))).toBe(false);
		expect(existsSync(join(trap, 'midwatch', 'audit'))).toBe(false);
		expect(existsSync(join(trap, '.local'))).toBe(false);
	});

	test('does not matter to what needs no directory', async () => {
		for (const command of [['--help'], ['--version'], ['keys', '--markdown']])
			expect(await midwatch.run(command, {env: {HOME: ''}, cwd: trap})).toMatchObject({code: 0, stderr: ''});
	});

	test('is not searched for the program of a reference, nor is that run in it', async () => {
		writeFileSync(join(trap, 'secret-tool'), '#!/bin/sh\nid > P\n', {mode: 0o700});
		const config = join(midwatch.home, 'here.yaml');
		const lines = [
			'targets:',
			'  - {name: a, kind: redis, host: 127.0.0.1, port: 1, password: "${exec:[secret-tool]}"}',
			'  - {name: b, kind: redis, host: 127.0.0.1, port: 1, password: "${exec:[sh, -c, \'id > Q\']}"}',
		];
		writeFileSync(config, lines.join('\n'), {mode: 0o600});
		const {code, stdout} = await midwatch.run(['doctor', '--config', config], {
			env: {PATH: '.::/usr/bin:/bin'},
			cwd: trap,
		});
		expect(code).toBe(2);
		expect(stdout).toContain('${exec:[secret-tool]}: PATH has no secret-tool');
		expect(existsSync(join(trap, 'P'))).toBe(false);
		expect(existsSync(join(trap, 'Q'))).toBe(false);
	});
});

describe('without HOME', () => {
	test('the passwd entry says where the record is', async () => {
		const {stdout} = await midwatch.run(['audit', 'verify'], {env: {HOME: undefined}, cwd: trap});
		expect(stdout).toContain(join(userInfo().homedir, '.local/state/midwatch/audit'));
	});

	test.skipIf(process.getuid?.() !== 0)('and without a passwd entry the start ends with one line', async () => {
		chmodSync(midwatch.home, 0o711);
		for (const command of commands.slice(0, 4)) {
			const {code, stderr} = await midwatch.run(command, {env: {HOME: undefined}, cwd: '/', uid: 54_321});
			expect(code).toBe(78);
			expect(stderr).toMatch(/^midwatch: HOME is not set, and uid 54321 has no passwd entry: set HOME [^\n]+\n$/);
		}
	});
});

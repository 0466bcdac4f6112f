import {spawnSync} from 'node:child_process';
import {chmodSync, chownSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {readSafeFile} from '../../../src/config/safe-file.ts';
import {createTestEnvironment, writeTestFile} from './test-environment.ts';
import {loadFullConfiguration} from './with-all-systems.ts';

describe('whether the file is trusted', () => {
	test.each([0o620, 0o602])('is false when others can write it: %o', async mode => {
		const environment = createTestEnvironment();
		const config = writeTestFile(environment, 'config.yaml', 'theme: none', mode);
		const octal = mode.toString(8);
		await expect(loadFullConfiguration({config, environment})).rejects.toThrow(
			`${config}: can be written by others (mode ${octal}): chmod go-w ${config}`,
		);
		chmodSync(config, 0o644);
		expect(await loadFullConfiguration({config, environment})).toMatchObject({theme: 'none'});
	});

	test('is false when another user owns it', async () => {
		const environment = createTestEnvironment();
		const file = writeTestFile(environment, 'config.yaml', 'theme: none');
		const root = process.getuid?.() === 0;
		if (root) chownSync(file, 4711, 4711);
		await expect(readSafeFile(file, {kind: 'trusted', owner: {admin: 0}})).rejects.toThrow('must be owned by root');
		if (root) await expect(loadFullConfiguration({config: file, environment})).rejects.toThrow('is owned by uid 4711');
	});

	test('is false for a pipe, without waiting for a writer', async () => {
		const environment = createTestEnvironment();
		const config = join(environment.home, 'pipe');
		expect(spawnSync('mkfifo', ['-m', '600', config]).status).toBe(0);
		await expect(loadFullConfiguration({config, environment})).rejects.toThrow(`${config}: is not a file`);
	});

	test('is false for a directory', async () => {
		const environment = createTestEnvironment();
		const config = join(environment.home, 'folder');
		mkdirSync(config);
		await expect(loadFullConfiguration({config, environment})).rejects.toThrow(`${config}: is not a file`);
	});
});

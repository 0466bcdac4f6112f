import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {ownIdentity} from '../../../src/state/process-identity.ts';
import {createTestEnvironment, writeTestFile} from '../config/test-environment.ts';

test('where there is no /proc, the identity is not read from programs of PATH or of the current directory', () => {
	const environment = createTestEnvironment();
	const {home} = environment;
	const trace = join(home, 'ran');
	for (const name of ['ps', 'sysctl'])
		writeTestFile(environment, name, `#!/bin/sh\ntouch ${trace}\necho planted\n`, 0o755);
	const {platform, env} = process;
	const [directory, path] = [process.cwd(), env['PATH'] ?? ''];
	onTestFinished(() => {
		Object.defineProperty(process, 'platform', {value: platform});
		process.chdir(directory);
		env['PATH'] = path;
	});
	Object.defineProperty(process, 'platform', {value: 'darwin'});
	process.chdir(home);
	for (const first of ['.', '', home]) {
		env['PATH'] = `${first}:${path}`;
		const {boot, start} = ownIdentity();
		expect([boot, start]).not.toContain('planted');
		expect(start).not.toBe('');
	}
	expect(existsSync(trace)).toBe(false);
});

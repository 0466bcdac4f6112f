import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';
import type {ConfigEnvironment} from '../../../src/config/config-environment.ts';
import {createFakeClock} from '../../fake-clock.ts';

/** Creates an environment for one test, with an empty home directory and no variables of this process. */
export function createTestEnvironment(env: Readonly<Record<string, string>> = {}): ConfigEnvironment {
	const home = mkdtempSync(join(tmpdir(), 'midwatch-config-'));
	onTestFinished(() => rmSync(home, {recursive: true, force: true}));
	return {
		env: {HOME: home, ...env},
		home,
		systemUser: 'ada',
		socketFolders: [],
		clock: createFakeClock(),
		stateDir: join(home, 'state'),
		policyFile: join(home, 'policy.yaml'),
		policyOwner: process.getuid?.() ?? 0,
	};
}

/** Writes a file into that home. @returns its path. */
export function writeTestFile(environment: ConfigEnvironment, name: string, text: string, mode = 0o600): string {
	const file = join(environment.home, name);
	writeFileSync(file, text);
	// The mode given to writeFileSync is cut by the umask.
	chmodSync(file, mode);
	return file;
}

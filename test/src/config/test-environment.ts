import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';
import type {Surroundings} from '../../../src/config/config-environment.ts';
import {createFakeClock} from '../../fake-clock.ts';

/** A home of its own for one test, with nothing in it and nothing in the environment. */
export function emptySurroundings(env: Readonly<Record<string, string>> = {}): Surroundings {
	const home = mkdtempSync(join(tmpdir(), 'midwatch-config-'));
	onTestFinished(() => rmSync(home, {recursive: true, force: true}));
	return {
		env: {HOME: home, ...env},
		home,
		systemUser: 'ada',
		socketFolder: undefined,
		clock: createFakeClock(),
		stateDir: join(home, 'state'),
		policyFile: join(home, 'policy.yaml'),
		policyOwner: process.getuid?.() ?? 0,
	};
}

/** Writes a file into that home. @returns its path. */
export function put(surroundings: Surroundings, name: string, text: string, mode = 0o600): string {
	const file = join(surroundings.home, name);
	writeFileSync(file, text);
	// The mode given to writeFileSync is cut by the umask.
	chmodSync(file, mode);
	return file;
}

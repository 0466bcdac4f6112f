import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';

/** A state directory that is deleted when the test has ended. */
export async function scratchDir(): Promise<string> {
	const dir = await mkdtemp(join(tmpdir(), 'midwatch-state-'));
	onTestFinished(() => rm(dir, {recursive: true, force: true, maxRetries: 5}));
	return dir;
}

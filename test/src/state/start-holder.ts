import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {onTestFinished} from 'vitest';
import {spawnInNamespaces} from './namespaces.ts';

/**
 * Runs a script that takes something, and waits until it says that it has it. `host`: in namespaces of its own, with this host name. It is killed
 * when the test ends.
 */
export async function startHolder(
	script: string,
	args: readonly string[],
	host: string | undefined,
): Promise<ChildProcess> {
	const stdio: ('pipe' | 'inherit')[] = ['pipe', 'pipe', 'inherit'];
	const child =
		host === undefined
			? spawn(process.execPath, [script, ...args], {stdio})
			: spawnInNamespaces(host, [process.execPath, script, ...args], {stdio});
	onTestFinished(() => void child.kill('SIGKILL'));
	await once(child.stdout ?? child, 'data');
	return child;
}

import {type ChildProcess, type SpawnOptions, spawn, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {describe} from 'vitest';
import {skipOrFail} from '../../estate/skip-or-fail.ts';

const flags = ['-u', '-p', '-f', '--mount-proc'];
const timeFlags = ['-T', '--boottime', '86400', '-f'];

/** A command that runs another as a container does: with a host name, a pid namespace and a `/proc` of its own. It is not the first process there. */
export const commandInNamespaces = (host: string, command: readonly string[]): readonly [string, ...string[]] => [
	'unshare',
	...flags,
	...['sh', '-c', 'hostname "$1"; shift; "$@"; exit $?', 'sh', host],
	...command,
];

/** Runs it with pipes. */
export function spawnInNamespaces(
	host: string,
	command: readonly string[],
	options: SpawnOptions & {readonly env?: NodeJS.ProcessEnv} = {},
): ChildProcess {
	const [program, ...words] = commandInNamespaces(host, command);
	return spawn(program, words, options);
}

/** The command and not the shell around it, by its pid in this namespace. */
export function innermost(child: {readonly pid?: number | undefined}): number {
	let pid = child.pid ?? 0;
	for (;;) {
		const next = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').at(-1));
		if (next === 0) return pid;
		pid = next;
	}
}

/** A command that runs another in a time namespace of its own, in which the machine was started a day earlier. */
export const commandInTimeNamespace = (command: readonly string[]): readonly [string, ...string[]] => [
	'unshare',
	...timeFlags,
	...command,
];

function unsharingProblem(flags: readonly string[]): string | undefined {
	if (process.platform !== 'linux') return 'namespaces are a feature of Linux';
	const {status, stderr, error} = spawnSync('unshare', [...flags, 'true'], {encoding: 'utf8'});
	return status === 0 ? undefined : `unshare is not permitted: ${error?.message ?? stderr.trim()}`;
}

/** A `describe` with real namespaces. Where they cannot be made it is skipped with the reason; with MIDWATCH_REQUIRE=all that fails. */
export const describeNamespaces = (title: string, body: () => void): void => describeUnshared(flags, title, body);

/** A `describe` for tests that need `commandInTimeNamespace`; skips like `describeNamespaces`. */
export const describeTimeNamespace = (title: string, body: () => void): void =>
	describeUnshared(timeFlags, title, body);

function describeUnshared(needs: readonly string[], title: string, body: () => void): void {
	const problem = unsharingProblem(needs);
	describe(title, () => {
		if (problem === undefined) return body();
		skipOrFail('namespaces', problem);
	});
}

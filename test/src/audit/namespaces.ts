import {type ChildProcess, type SpawnOptions, spawn, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {describe} from 'vitest';
import {absent} from '../../estate/absent.ts';

const flags = ['-u', '-p', '-f', '--mount-proc'];

/** A command that runs another as a container does: with a host name, a pid namespace and a `/proc` of its own. It is not the first process there. */
export const commandElsewhere = (host: string, command: readonly string[]): readonly [string, ...string[]] => [
	'unshare',
	...flags,
	...['sh', '-c', 'hostname "$1"; shift; "$@"; exit $?', 'sh', host],
	...command,
];

/** Runs it with pipes. */
export function spawnElsewhere(
	host: string,
	command: readonly string[],
	options: SpawnOptions & {readonly env?: NodeJS.ProcessEnv} = {},
): ChildProcess {
	const [program, ...words] = commandElsewhere(host, command);
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

function unsharingProblem(): string | undefined {
	if (process.platform !== 'linux') return 'pid namespaces are a thing of Linux';
	const {status, stderr, error} = spawnSync('unshare', [...flags, 'true'], {encoding: 'utf8'});
	return status === 0 ? undefined : `unshare is not permitted: ${error?.message ?? stderr.trim()}`;
}

/** A `describe` with real namespaces. Where they cannot be made it is skipped with the reason; with MIDWATCH_REQUIRE=all that fails. */
export function describeNamespaces(title: string, body: () => void): void {
	const problem = unsharingProblem();
	describe(title, () => {
		if (problem === undefined) return body();
		absent('namespaces', problem);
	});
}

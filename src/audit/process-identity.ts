import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';

/**
 * When a process started, as text that only it has among all that had or will have its pid; undefined when there is none. On Linux the
 * boot and the start time in ticks (proc(5), field 22 of stat); elsewhere what `ps` says.
 */
export function processStart(pid: number): string | undefined {
	return process.platform === 'linux' ? linuxStart(pid) : psStart(pid);
}

export const processLives = (pid: number, start: string): boolean => processStart(pid) === start;

let boot: string | undefined;

function linuxStart(pid: number): string | undefined {
	try {
		boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		// The command name stands in brackets and may hold anything, also brackets.
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		const [state] = fields;
		if (state === 'Z' || state === 'X') return undefined;
		return `${boot}/${fields[19] ?? ''}`;
	} catch {
		return undefined;
	}
}

function psStart(pid: number): string | undefined {
	try {
		const said = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
			encoding: 'utf8',
			timeout: 2000,
			env: {...process.env, LC_ALL: 'C'},
			stdio: ['ignore', 'pipe', 'ignore'],
		});
		return said.trim() || undefined;
	} catch {
		return undefined;
	}
}

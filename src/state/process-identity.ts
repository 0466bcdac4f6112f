import {execFileSync} from 'node:child_process';
import {readFileSync, readlinkSync} from 'node:fs';
import {isErrno} from '../files/errno.ts';
import {findSystemProgram} from '../files/find-program.ts';

/** Identifies a process among all processes of all machines that share a directory. Without the host name, which can change while a process runs. */
export type ProcessIdentity = {
	/** Boot id of the kernel; empty when it cannot be read. */
	readonly boot: string;
	/** Content of /etc/machine-id; empty where there is none. Several containers and cloned machines may have the same. */
	readonly machine: string;
	/**
	 * The pid and the time namespace, as `/proc/self/ns` names them; empty when `/proc` is not that of this process's pid namespace. In another
	 * time namespace the starts of all processes read differently.
	 */
	readonly namespace: string;
	readonly pid: number;
	/** Start time, which distinguishes this process from a later one with the same pid. */
	readonly start: string;
};

/**
 * `alive`, `ended`: known from the operating system. `elsewhere`: a process of another boot, machine, pid or time namespace, which counts
 * as alive while it renews its lease.
 */
export type Liveness = 'alive' | 'ended' | 'elsewhere';

export function ownIdentity(): ProcessIdentity {
	const {pid} = process;
	if (process.platform !== 'linux') {
		const boot = commandOutput('sysctl', ['-n', 'kern.bootsessionuuid']);
		return {boot, machine: '', namespace: process.platform, pid, start: psStart(pid)};
	}
	const namespace = isProcOurs(pid) ? namespaces() : '';
	const machine = readOrEmpty(() => readFileSync('/etc/machine-id', 'utf8').trim());
	return {boot: linuxBoot(), machine, namespace, pid, start: linuxStart(pid) ?? ''};
}

/** The id of this boot of a Linux kernel; empty elsewhere. */
export const linuxBoot = (): string =>
	readOrEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());

export const isSameProcess = (a: ProcessIdentity, b: ProcessIdentity): boolean =>
	a.boot === b.boot && a.namespace === b.namespace && a.pid === b.pid && a.start === b.start;

/**
 * Returns whether a process is alive. One boot id is one kernel, so two processes of the same boot and namespaces see each other whatever
 * machine id their containers show. The number of a namespace is reused only once all of its processes have ended, so those are
 * rightly not found. Another boot id proves nothing: containers can be given one each, and cloned machines share a machine id.
 */
export function livenessOf(other: ProcessIdentity, own: ProcessIdentity): Liveness {
	const isNear =
		own.boot !== '' && own.namespace !== '' && other.boot === own.boot && other.namespace === own.namespace;
	if (!isNear) return 'elsewhere';
	if (!exists(other.pid)) return 'ended';
	const start = process.platform === 'linux' ? linuxStart(other.pid) : psStart(other.pid);
	// Of a process of another user, `/proc` may be hidden (hidepid): it exists, and its lease shows the rest.
	if (start === undefined || start === '') return isZombie(other.pid) ? 'ended' : 'elsewhere';
	return start === other.start ? 'alive' : 'ended';
}

/** Returns true when a process is stopped by a signal or a debugger: it is alive, and does nothing until it is continued. */
export const isStopped = (pid: number): boolean => ['T', 't'].includes(statOf(pid)?.[0] ?? '');

function exists(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		// EPERM: it exists, and belongs to another user.
		return !isErrno(error, 'ESRCH');
	}
}

/** A process in a pid namespace of its own may still see the `/proc` of the namespace above, where its pid is another process's. */
function isProcOurs(pid: number): boolean {
	const status = readOrEmpty(() => readFileSync('/proc/self/status', 'utf8'));
	return /^NSpid:\s+(.*)$/m.exec(status)?.[1] === String(pid);
}

function namespaces(): string {
	const pids = readOrEmpty(() => readlinkSync('/proc/self/ns/pid'));
	// Kernels before 5.6 have no time namespaces.
	const time = readOrEmpty(() => readlinkSync('/proc/self/ns/time'));
	return pids === '' || time === '' ? pids : `${pids} ${time}`;
}

/** The fields of proc(5) stat from the third on: the state, and 19 later the start in ticks since boot. */
function statOf(pid: number): readonly string[] | undefined {
	const stat = readOrEmpty(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
	// The command name is in brackets and may hold anything, also brackets.
	return stat === '' ? undefined : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

const isZombie = (pid: number): boolean => ['Z', 'X'].includes(statOf(pid)?.[0] ?? '');

const linuxStart = (pid: number): string | undefined => (isZombie(pid) ? undefined : statOf(pid)?.[19]);

const psStart = (pid: number): string => commandOutput('ps', ['-o', 'lstart=', '-p', String(pid)]);

function commandOutput(name: string, words: readonly string[]): string {
	const program = findSystemProgram(name);
	if (program === undefined) return '';
	return readOrEmpty(() =>
		execFileSync(program, words, {
			encoding: 'utf8',
			timeout: 2000,
			cwd: '/',
			env: {...process.env, LC_ALL: 'C'},
			stdio: ['ignore', 'pipe', 'ignore'],
		}).trim(),
	);
}

function readOrEmpty(read: () => string): string {
	try {
		return read();
	} catch {
		return '';
	}
}

import {spawn, spawnSync} from 'node:child_process';
import {existsSync, openSync, readFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {setTimeout as pause} from 'node:timers/promises';
import type {ServerProcess} from './estate-record.ts';

/**
 * PostgreSQL refuses to run as root. 65534 is `nobody` on every Linux; users other than root run the servers as themselves.
 */
export const unprivileged: {readonly uid?: number; readonly gid?: number} =
	process.getuid?.() === 0 ? {uid: 65534, gid: 65534} : {};

export const serverEnv = {PATH: process.env['PATH'] ?? '', HOME: '/tmp', LC_ALL: 'C.UTF-8', TZ: 'UTC'};

/** When the process with this pid was started, in the system's own words; undefined when there is none. */
function startOf(pid: number): string | undefined {
	const stat = `/proc/${pid}/stat`;
	if (existsSync('/proc/self/stat')) {
		if (!existsSync(stat)) return undefined;
		try {
			// The name, in parentheses, may hold spaces; state is the first field after it and the start time the twentieth.
			const fields = readFileSync(stat, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
			return fields[0] === 'Z' ? undefined : fields[19];
		} catch {
			return undefined;
		}
	}
	const startTime = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {encoding: 'utf8'}).stdout.trim();
	return startTime === '' ? undefined : startTime;
}

/** True while the very process that was started still runs, not another one that was given its pid. */
export const isRunning = (process: ServerProcess): boolean => startOf(process.pid) === process.started;

/** Starts a server that outlives us, its output going to `log`. As `user`: one that reads this checkout has to be run as ourselves. */
export function startServer(
	program: string,
	args: readonly string[],
	log: string,
	user = unprivileged,
	env = {},
): ServerProcess {
	const output = openSync(log, 'a', 0o644);
	const child = spawn(program, args, {
		...user,
		cwd: '/',
		env: {...serverEnv, ...env},
		detached: true,
		stdio: ['ignore', output, output],
	});
	child.on('error', () => {});
	child.unref();
	const pid = child.pid;
	if (pid === undefined) throw new Error(`${program} cannot be started`);
	return {pid, started: startOf(pid) ?? ''};
}

/** Runs a program to its end, unprivileged, and throws with what it wrote when it fails. */
export function runTool(program: string, args: readonly string[], env: Record<string, string> = {}): string {
	const done = spawnSync(program, args, {
		...unprivileged,
		cwd: '/',
		env: {...serverEnv, ...env},
		encoding: 'utf8',
	});
	if (done.status === 0) return done.stdout;
	throw new Error(`${program} ${args.join(' ')}\n${done.error?.message ?? `${done.stdout}${done.stderr}`}`);
}

/** Polls until the condition is true. @throws Error when the process ends before, or after `seconds`: then it stops the process. */
export async function waitUntilReady(
	what: string,
	process: ServerProcess,
	ready: () => Promise<boolean>,
	seconds = 30,
): Promise<void> {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		if (await ready().catch(() => false)) return;
		if (!isRunning(process)) throw new Error(`${what} ended while it was starting`);
		if (Date.now() > end) {
			await stopProcess(process);
			throw new Error(`${what} was not ready after ${seconds} s`);
		}
		await pause(20);
	}
}

/** Ends a process if it is still the one that we started: by the signal, then by SIGKILL. A stopped process is continued first. */
export async function stopProcess(process: ServerProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
	for (const [how, seconds] of [
		[signal, 10],
		['SIGKILL', 5],
	] as const) {
		if (!isRunning(process)) return;
		signalTo(process.pid, 'SIGCONT');
		signalTo(process.pid, how);
		const end = Date.now() + seconds * 1000;
		while (isRunning(process) && Date.now() < end) await pause(20);
	}
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch {
		// It ended by itself in between.
	}
}

const isFree = (port: number): Promise<boolean> =>
	new Promise(resolve => {
		const probe = createServer();
		probe.once('error', () => resolve(false));
		probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
	});

/**
 * Each process takes its ports from a range of its own, below those that the system gives to outgoing connections and those of the
 * estate: a port that is free now is still free when its server has started, and while that server is stopped.
 */
const [lowest, perProcess, ranges] = [10_000, 64, 200];
let taken = 0;

/** The port `wanted`, or another one when it is in use. */
export async function freePort(wanted = 0): Promise<number> {
	if (wanted !== 0 && (await isFree(wanted))) return wanted;
	for (let tried = 0; tried < perProcess; tried++) {
		const port = lowest + (process.pid % ranges) * perProcess + (taken++ % perProcess);
		if (await isFree(port)) return port;
	}
	throw new Error('no free port on 127.0.0.1');
}

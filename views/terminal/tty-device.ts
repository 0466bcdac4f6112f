import {constants, openSync, readSync, writeSync} from 'node:fs';
import process from 'node:process';

/** Why the terminal cannot be used, as a sentence that says what to do; undefined when it can. */
export function unusableReason(program: string): string | undefined {
	const term = process.env['TERM'];
	if (!process.stdin.isTTY) return `The input is not a terminal. Run ${program} without a pipe or file as its input.`;
	if (!process.stdout.isTTY)
		return `The output is not a terminal. Run ${program} without a pipe or file as its output.`;
	if (term === undefined || term === '' || term === 'dumb')
		return `This terminal cannot show a full screen (TERM is ${term || 'not set'}). Set TERM to the type of your terminal, for example xterm-256color.`;
	return undefined;
}

/**
 * A file descriptor of the terminal whose writes never wait; undefined when the terminal cannot be opened. It is opened again because
 * O_NONBLOCK on the inherited descriptor would also apply to the shell's. (Node's own stream for a terminal waits for it, and with it every
 * timer and signal handler.)
 */
export function openDevice(): number | undefined {
	for (const path of [`/proc/self/fd/${process.stdout.fd}`, '/dev/tty']) {
		try {
			return openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
		} catch {
			// The next path, then.
		}
	}
	return undefined;
}

/** Writes what the terminal takes now. @returns bytes written, 0 when it takes none. */
export function writeSome(device: number, bytes: Uint8Array): number {
	try {
		return writeSync(device, bytes);
	} catch (error) {
		if (error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EINTR')) return 0;
		throw error;
	}
}

/** Reads and drops input until an answer about a mode (DECRPM) has come, or until the deadline of `performance.now`. */
export function discardInput(device: number, deadline: number): void {
	const bytes = new Uint8Array(4096);
	let read = '';
	while (!read.includes('$y') && performance.now() < deadline) {
		try {
			read += new TextDecoder().decode(bytes.subarray(0, readSync(device, bytes)));
		} catch {
			blockFor(5);
		}
	}
}

/** Blocks the thread: for the end of the process, when no timer fires any more. */
export function blockFor(ms: number): void {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

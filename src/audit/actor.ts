import {readlinkSync} from 'node:fs';
import {hostname, userInfo} from 'node:os';
import type {Actor} from './audit-record.ts';

/** The user of this process, from the operating system and the environment of the SSH server. */
export function readActor(env: Readonly<Record<string, string | undefined>>): Actor {
	const {user, uid} = whoami();
	const sudo = env['SUDO_USER'];
	// `client-ip client-port server-ip server-port`, sshd(8).
	const ssh = (env['SSH_CONNECTION'] ?? env['SSH_CLIENT'])?.split(' ')[0];
	const tty = env['SSH_TTY'] ?? ttyName();
	return {
		user,
		uid,
		host: hostname(),
		pid: process.pid,
		...(sudo ? {sudo_user: sudo} : {}),
		...(ssh ? {ssh_client: ssh} : {}),
		...(tty ? {tty} : {}),
	};
}

function whoami(): {user: string; uid: number | undefined} {
	const uid = process.getuid?.();
	try {
		return {user: userInfo().username, uid};
	} catch {
		// The uid of a container may be in no password file.
		return {user: uid === undefined ? 'unknown' : `uid ${uid}`, uid};
	}
}

/** The terminal of one of the standard streams. Linux only: read from the link in /proc. */
function ttyName(): string | undefined {
	for (const stream of [0, 1, 2]) {
		try {
			const name = readlinkSync(`/proc/self/fd/${stream}`);
			if (/^\/dev\/(pts\/|tty)/.test(name)) return name;
		} catch {
			return undefined;
		}
	}
	return undefined;
}

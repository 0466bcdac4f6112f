import {hostname, userInfo} from 'node:os';
import {describe, expect, test} from 'vitest';
import {readActor} from '../../../src/audit/actor.ts';
import {stateDir} from '../../../src/state/layout.ts';

describe('actor', () => {
	test('is the user of the operating system, with sudo user and SSH client', () => {
		const env = {SUDO_USER: 'mira', SSH_CONNECTION: '10.0.0.7 51122 10.0.0.1 22', SSH_TTY: '/dev/pts/9'};
		expect(readActor(env)).toEqual({
			user: userInfo().username,
			uid: process.getuid?.(),
			host: hostname(),
			pid: process.pid,
			sudo_user: 'mira',
			ssh_client: '10.0.0.7',
			tty: '/dev/pts/9',
		});
	});

	test('has no field that the environment does not have', () => {
		const {sudo_user, ssh_client} = readActor({USER: 'somebody else'});
		expect([sudo_user, ssh_client]).toEqual([undefined, undefined]);
		expect(readActor({USER: 'somebody else'}).user).toBe(userInfo().username);
	});
});

describe('state directory', () => {
	test.each([
		[{XDG_STATE_HOME: '/var/state'}, '/var/state/midwatch'],
		[{XDG_STATE_HOME: '', HOME: '/home/ada'}, '/home/ada/.local/state/midwatch'],
		[{}, `${userInfo().homedir}/.local/state/midwatch`],
	])('%o', (env, dir) => {
		expect(stateDir(env)).toBe(dir);
	});
});

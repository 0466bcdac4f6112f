import {existsSync} from 'node:fs';
import {userInfo} from 'node:os';
import {homeDirectory} from '../files/base-directories.ts';
import {stateDir} from '../state/state-dir.ts';
import {type Clock, systemClock} from '../time/clock.ts';
import type {ExecRules} from './kubernetes/exec-permission.ts';

/** What configuration takes from outside the file. Tests give their own. */
export type ConfigEnvironment = {
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The home directory; absolute. */
	readonly home: string;
	/** The name of the operating system's user: libpq's default role. */
	readonly systemUser: string;
	/** Where this machine's PostgreSQL has its Unix socket, when it has one. */
	readonly socketFolder: string | undefined;
	readonly clock: Clock;
	/** The state directory of this user; absolute. */
	readonly stateDir: string;
	/** What configuration and policy say of the programs that a kubeconfig may run; loading the configuration adds it. */
	readonly plugins?: Omit<ExecRules, 'stateDir'> | undefined;
	/** The policy of this machine's administrator. */
	readonly policyFile: string;
	/** The uid of that administrator. */
	readonly policyOwner: number;
};

/** The two places where PostgreSQL has its socket by default: Debian's, and that of its own build. */
const socketFolders = ['/var/run/postgresql', '/tmp'];

/** @throws EnvironmentError when nothing says where the home directory is. */
export const systemEnvironment = (): ConfigEnvironment => ({
	env: process.env,
	home: homeDirectory(process.env),
	systemUser: userName(),
	socketFolder: socketFolders.find(folder => existsSync(`${folder}/.s.PGSQL.5432`)),
	clock: systemClock,
	stateDir: stateDir(process.env),
	policyFile: '/etc/midwatch/policy.yaml',
	policyOwner: 0,
});

function userName(): string {
	try {
		return userInfo().username;
	} catch {
		// A uid without an entry in the list of users, as in many containers.
		return process.env['USER'] ?? 'postgres';
	}
}

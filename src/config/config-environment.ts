import {existsSync} from 'node:fs';
import {userInfo} from 'node:os';
import {homeDirectory} from '../files/base-directories.ts';
import {stateDir} from '../state/layout.ts';
import {type Clock, systemClock} from '../time/clock.ts';
import type {ExecRules} from './kubernetes/exec-permission.ts';

/** The inputs of the configuration outside the file. Tests pass their own. */
export type ConfigEnvironment = {
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The home directory; absolute. */
	readonly home: string;
	/** The operating system user, which is libpq's default role. */
	readonly systemUser: string;
	/** The folder of the Unix socket of a PostgreSQL on this machine; undefined when there is none. */
	readonly socketFolder: string | undefined;
	readonly clock: Clock;
	/** The state directory of this user; absolute. */
	readonly stateDir: string;
	/** The rules of configuration and policy for the programs that a kubeconfig may run. Loading the configuration adds them. */
	readonly plugins?: Omit<ExecRules, 'stateDir'> | undefined;
	/** The path of the machine policy. */
	readonly policyFile: string;
	/** The uid that must own the machine policy. */
	readonly policyOwner: number;
};

/** The default socket folders of PostgreSQL: Debian's, and that of a build from source. */
const socketFolders: readonly string[] = ['/var/run/postgresql', '/tmp'];

/** Returns the environment of this process. @throws EnvironmentError when the home directory is unknown. */
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
		// The uid has no entry in /etc/passwd, as in many containers.
		return process.env['USER'] ?? 'postgres';
	}
}

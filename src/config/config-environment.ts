import {userInfo} from 'node:os';
import type {SettingsEnvironment} from '../contract/target-config.ts';
import {homeDirectory} from '../files/base-directories.ts';
import {stateDir} from '../state/layout.ts';
import {systemClock} from '../time/clock.ts';

/** The inputs of the configuration outside the file. Tests pass their own. */
export type ConfigEnvironment = SettingsEnvironment & {
	/** The path of the machine policy. */
	readonly policyFile: string;
	/** The uid that must own the machine policy. */
	readonly policyOwner: number;
};

/** Returns the environment of this process. @throws EnvironmentError when the home directory is unknown. */
export const systemEnvironment = (): ConfigEnvironment => ({
	env: process.env,
	home: homeDirectory(process.env),
	systemUser: userName(),
	socketFolders: ['/var/run', '/tmp'],
	clock: systemClock,
	stateDir: stateDir(process.env),
	policyFile: '/etc/midwatch/policy.yaml',
	policyOwner: 0,
});

function userName(): string | undefined {
	try {
		return userInfo().username;
	} catch {
		// The uid has no entry in /etc/passwd, as in many containers.
		return process.env['USER'];
	}
}

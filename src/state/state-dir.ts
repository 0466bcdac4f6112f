import {join} from 'node:path';
import {baseDirectory, type EnvironmentVariables} from '../files/base-directories.ts';

/** `$XDG_STATE_HOME/midwatch`, or `~/.local/state/midwatch`; absolute. @throws EnvironmentError when neither is defined. */
export const stateDir = (env: EnvironmentVariables): string =>
	join(baseDirectory(env, 'XDG_STATE_HOME', join('.local', 'state')), 'midwatch');

/** Returns the state directory of the demo, below the user's: its records are not about real servers. */
export const demoStateDir = (stateDir: string): string => join(stateDir, 'demo');

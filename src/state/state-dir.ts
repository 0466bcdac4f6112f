import {join} from 'node:path';
import {baseDirectory, type EnvironmentVariables} from '../files/base-directories.ts';

/** `$XDG_STATE_HOME/midwatch`, or `~/.local/state/midwatch`; absolute. @throws EnvironmentError when nothing says where that is. */
export const stateDir = (env: EnvironmentVariables): string =>
	join(baseDirectory(env, 'XDG_STATE_HOME', join('.local', 'state')), 'midwatch');

/** The demo's own, below the user's: what was done there was done to nothing. */
export const demoStateDir = (stateDir: string): string => join(stateDir, 'demo');

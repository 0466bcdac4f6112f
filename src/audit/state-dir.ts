import {homedir} from 'node:os';
import {isAbsolute, join} from 'node:path';

/** `$XDG_STATE_HOME/midwatch`, or `~/.local/state/midwatch`; a relative XDG_STATE_HOME does not count (XDG Base Directory 0.8). */
export function stateDir(env: Readonly<Record<string, string | undefined>>): string {
	const given = env['XDG_STATE_HOME'];
	const base = given !== undefined && isAbsolute(given) ? given : join(homedir(), '.local', 'state');
	return join(base, 'midwatch');
}

/** The demo's own, below the user's: what was done there was done to nothing. */
export const demoStateDir = (stateDir: string): string => join(stateDir, 'demo');

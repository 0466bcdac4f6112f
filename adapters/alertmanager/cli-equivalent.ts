import type {Target} from '../../src/contract/target.ts';
import type {AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {curlCommand} from '../http/cli-equivalent.ts';

/** The one place where a target's settings become ours again: configuration made them for a target of this kind. */

/** `curl` with everything that leads to the target, and `words` before the address. `path` begins with a slash. */
export const curlTargetCommand = (
	target: Target<AlertmanagerSettings>,
	path: string,
	words: readonly string[] = [],
): string => curlCommand(target.settings, path, words);

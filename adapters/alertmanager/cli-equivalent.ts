import type {Target} from '../../src/contract/target.ts';
import type {AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {curlCommand} from '../http/cli-equivalent.ts';

/** The `curl` command for a path of the target, with `words` before the URL. `path` begins with a slash. */
export const curlTargetCommand = (
	target: Target<AlertmanagerSettings>,
	path: string,
	words: readonly string[] = [],
): string => curlCommand(target.settings, path, words);

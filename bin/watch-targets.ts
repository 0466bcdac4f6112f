import {createWatch, type Watch, type WatchOptions} from '../src/watch/watch.ts';
import type {DebugLog} from './debug-log.ts';
import {logWatch} from './log-events.ts';

/** Creates a watch that writes to the log. */
export function watchTargets({
	log,
	...options
}: Pick<WatchOptions, 'targets' | 'clock' | 'readOnly'> & {readonly log?: DebugLog | undefined}): Watch {
	const watch = createWatch(options);
	if (log !== undefined) logWatch(log, watch);
	return watch;
}

import {createWatch, type Watch, type WatchOptions} from '../src/watch/watch.ts';
import type {DebugLog} from './debug-log.ts';
import {logWatch} from './log-events.ts';
import {metricsQueryFor} from './metrics-target.ts';
import {transportVia} from './via.ts';

/** Creates a watch whose targets can reach each other: `via` routes a target through a cluster, `metrics` queries a Prometheus target. */
export function watchTargets({
	log,
	...options
}: Pick<WatchOptions, 'targets' | 'clock' | 'readOnly'> & {readonly log?: DebugLog | undefined}): Watch {
	const watch = createWatch({...options, via: transportVia, metrics: metricsQueryFor});
	if (log !== undefined) logWatch(log, watch);
	return watch;
}

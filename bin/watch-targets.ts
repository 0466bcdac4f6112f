import {createWatch, type Watch, type WatchOptions} from '../src/watch/watch.ts';
import {metricsQueryFor} from './metrics-target.ts';
import {transportVia} from './via.ts';

/** Creates a watch whose targets can reach each other: `via` routes a target through a cluster, `metrics` queries a Prometheus target. */
export function watchTargets(options: Pick<WatchOptions, 'targets' | 'clock' | 'readOnly'>): Watch {
	return createWatch({...options, via: transportVia, metrics: metricsQueryFor});
}

import type {MetricsQuery} from '../src/contract/metrics-query.ts';
import type {Target} from '../src/contract/target.ts';
import type {KubernetesSettings} from '../src/port/kubernetes.ts';
import type {PrometheusPort} from '../src/port/prometheus.ts';
import type {Watch} from '../src/watch/watch.ts';
import {connectLinkedTarget} from './linked-target.ts';

/**
 * Returns the query function of a cluster whose settings name a Prometheus target, undefined when they name none. Each query uses the
 * connection of that target.
 */
export function metricsQueryFor({settings}: Target, connection: Watch['connection']): MetricsQuery | undefined {
	const {metrics} = settings as Partial<KubernetesSettings>;
	if (metrics === undefined) return undefined;
	return async (expression, context) => {
		const {port} = await connectLinkedTarget(connection, metrics.prometheus);
		return (port as PrometheusPort).query(expression, context);
	};
}

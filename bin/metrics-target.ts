import type {MetricsQuery} from '../src/contract/metrics-query.ts';
import type {Target} from '../src/contract/target.ts';
import type {HttpSettings} from '../src/port/http.ts';
import type {KubernetesSettings} from '../src/port/kubernetes.ts';
import type {PrometheusPort} from '../src/port/prometheus.ts';
import type {Watch} from '../src/watch/watch.ts';
import {connectLinkedTarget} from './linked-target.ts';

/** The names of the targets that the settings of this target refer to (`via`, `metrics`). */
export function linkedTargetNames({settings}: Target): readonly string[] {
	const {via, metrics} = settings as Partial<HttpSettings & KubernetesSettings>;
	return [via?.kubernetes ?? [], metrics?.prometheus ?? []].flat();
}

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

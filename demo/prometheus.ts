import {prometheusSystem} from '../adapters/prometheus/system.ts';
import type {System} from '../src/contract/system.ts';
import {AdapterError} from '../src/errors.ts';
import type {PrometheusSettings} from '../src/port/prometheus.ts';
import type {PrometheusQueryPort} from '../src/port/prometheus-ad-hoc-queries.ts';
import {fakeServerSystem, type LoadMonitoring} from './fake-server-system.ts';

/** Nothing connects to this address: it is only shown in CLI equivalents. */
export const demoPrometheusSettings: PrometheusSettings = {
	url: 'http://prom-main.example.test:9090',
	auth: {kind: 'none'},
	headers: {},
	environment: {},
};

/** No server listens at the addresses of targets: the fake Prometheus serves their pages. */
function fakeMetricsPage(real: PrometheusQueryPort, standIn: string): PrometheusQueryPort['fetchPage'] {
	return async (url, context) => {
		try {
			return await real.fetchPage(`${standIn}/pages?of=${encodeURIComponent(url)}`, context);
		} catch (error) {
			if (!(error instanceof AdapterError) || error.kind !== 'unsupported') throw error;
			const hint = 'Nothing listens there: start the server, or correct the address in its scrape_configs.';
			throw new AdapterError('unreachable', `connect ECONNREFUSED ${URL.parse(url)?.host ?? url}`, hint);
		}
	};
}

/** A Prometheus that scrapes the rest of the estate. */
export const demoPrometheus = (monitoring: LoadMonitoring): System<PrometheusQueryPort, PrometheusSettings> =>
	fakeServerSystem(
		prometheusSystem,
		async () => {
			const [{startPrometheusApi}, world] = await Promise.all([import('./servers/prometheus/server.ts'), monitoring()]);
			return startPrometheusApi(world);
		},
		(real, {url}) => ({...real, fetchPage: fakeMetricsPage(real, url)}),
	);

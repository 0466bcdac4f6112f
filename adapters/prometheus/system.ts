import type {Context} from '../../src/contract/context.ts';
import {defineSystem} from '../../src/contract/define.ts';
import type {ConnectOptions} from '../../src/contract/system.ts';
import type {Target} from '../../src/contract/target.ts';
import {classifyUrlChannel} from '../../src/model/channel-security.ts';
import {createAlertDedup} from '../../src/model/prometheus/alert-dedup.ts';
import {createDownDedup} from '../../src/model/prometheus/down-dedup.ts';
import {prometheusFindingTypes} from '../../src/model/prometheus/prometheus-finding-types.ts';
import type {PrometheusSettings} from '../../src/port/prometheus.ts';
import type {PrometheusQueryPort} from '../../src/port/prometheus-ad-hoc-queries.ts';
import {systemClock} from '../../src/time/clock.ts';
import {httpServerId} from '../http/cli-equivalent.ts';
import {httpLeastGrants} from '../http/least-grants.ts';
import {httpLinks, readHttpAttributes} from '../http/target-links.ts';
import {createViaTransport} from '../http/via.ts';
import {prometheusAlertsSource} from './alerts.ts';
import {inspectPrometheusAlert} from './inspect-alert.ts';
import {inspectAlertGraph} from './inspect-alert-graph.ts';
import {inspectPage} from './inspect-page.ts';
import {inspectPool} from './inspect-pool.ts';
import {inspectQuery} from './inspect-query.ts';
import {inspectRules} from './inspect-rules.ts';
import {inspectTarget} from './inspect-target.ts';
import {readPrometheusPermissions} from './permissions.ts';
import {reloadConfiguration} from './reload.ts';
import {targetsSource} from './targets/targets.ts';

async function connect({settings}: Target<PrometheusSettings>, options: ConnectOptions) {
	const via = createViaTransport(settings, options);
	const {createPrometheusClient} = await import('./client.ts');
	const {port, endpoint, close} = createPrometheusClient(settings, {readOnly: options.readOnly, via});
	return {
		port,
		async identify(context: Context) {
			// The first read also connects; latency is that of the second.
			const build = await port.build(context);
			const began = systemClock.monotonic();
			await port.query('vector(1)', context);
			const latencyMs = systemClock.monotonic() - began;
			const version = build === undefined ? 'a server with the API of Prometheus' : `${build.product} ${build.version}`;
			const channel = (await via?.channelSecurity?.(context)) ?? classifyUrlChannel(settings.url);
			return {version, who: describeUser(settings), latencyMs, channel, server: httpServerId(settings)};
		},
		permissions: (context: Context) => readPrometheusPermissions(port, endpoint, context),
		close: async () => close(),
	};
}

/** The user by our settings: no server of this kind reports it. */
function describeUser({auth, tls}: PrometheusSettings): string {
	if (auth.kind === 'basic') return auth.username;
	if (auth.kind === 'bearer') return `the bearer of ${auth.token.source}`;
	return tls?.cert === undefined ? 'anonymous' : `the holder of ${tls.cert}`;
}

/** Prometheus 2.x and 3.x, and other servers with its API: targets, rules and alerts. */
export const prometheusSystem = defineSystem<PrometheusQueryPort, PrometheusSettings>({
	kind: 'prometheus',
	title: 'Prometheus',
	short: 'prom',
	sources: [targetsSource, prometheusAlertsSource],
	actions: [reloadConfiguration],
	correlators: [createAlertDedup, createDownDedup],
	inspections: [
		inspectTarget,
		inspectRules,
		inspectPool,
		inspectPage,
		inspectQuery,
		inspectPrometheusAlert,
		inspectAlertGraph,
	],
	findingTypes: prometheusFindingTypes,
	loadConfig: async () =>
		(await import('../http/config/http-config.ts')).createHttpConfig('prometheus', 'PROMETHEUS_URL'),
	serverAddress: ({url}) => url,
	links: httpLinks,
	readAttributes: readHttpAttributes,
	grants: target =>
		httpLeastGrants(target.settings, {
			read: ['GET /api/v1/', 'GET /-/ready'],
			write: ['POST /-/reload, for which Prometheus has to be started with --web.enable-lifecycle'],
		}),
	connect,
});

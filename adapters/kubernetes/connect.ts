import type {Context} from '../../src/contract/context.ts';
import type {MetricsQuery} from '../../src/contract/metrics-query.ts';
import type {Connection, ConnectOptions, Permission} from '../../src/contract/system.ts';
import type {Target} from '../../src/contract/target.ts';
import {classifyUrlChannel} from '../../src/model/channel-security.ts';
import type {AccessReview, KubernetesPort, KubernetesSettings} from '../../src/port/kubernetes.ts';
import type {PrometheusPort} from '../../src/port/prometheus.ts';
import {shellLine} from '../../src/text/quote.ts';
import {systemClock} from '../../src/time/clock.ts';
import {kubectlGrantCommand} from './api/grant-command.ts';
import {isNamespaceMissing} from './api/missing-namespaces.ts';
import {createKubernetesClient} from './client.ts';
import {kubernetesRequiredPermissions} from './objects/required-permissions.ts';

const states = {allowed: 'have', denied: 'lack', unknown: 'unknown'} as const;

async function reviewPermissions(
	port: KubernetesPort,
	settings: KubernetesSettings,
	context: Context,
): Promise<readonly Permission[]> {
	const {user} = await port.identity(context);
	const permissions = kubernetesRequiredPermissions.flatMap(([what, verb, group, resource]) => {
		const places = settings.namespaces === 'all' || resource === 'nodes' ? [''] : settings.namespaces;
		return places.map(namespace => ({what, verb, group, resource, namespace}));
	});
	const namespaces = settings.namespaces === 'all' ? [] : settings.namespaces;
	const missing = namespaces.map(async (namespace): Promise<readonly Permission[]> => {
		if (!(await isNamespaceMissing(port, namespace, context))) return [];
		const grant = shellLine(['kubectl', 'create', 'namespace', namespace]);
		return [{needs: `all of ${namespace}`, name: `namespace ${namespace}, which does not exist`, state: 'lack', grant}];
	});
	const rights = Promise.all(
		permissions.map(async ({what, verb, group, resource: full, namespace}): Promise<Permission> => {
			const [resource = full, subresource] = full.split('/');
			const question: AccessReview = {
				verb,
				group,
				resource,
				namespace,
				...(subresource === undefined ? {} : {subresource}),
			};
			const {answer} = await port.reviewAccess(question, context);
			const place = namespace === '' ? '' : ` in ${namespace}`;
			const grant = kubectlGrantCommand(user === '' ? 'USER' : user, {verb, group, resource: full, namespace});
			return {
				needs: what,
				name: `${verb} ${full}${group === '' ? '' : `.${group}`}${place}`,
				state: states[answer],
				grant: answer === 'allowed' ? '' : grant,
			};
		}),
	);
	return [...(await Promise.all(missing)).flat(), ...(await rights)];
}

/** Returns the query function of the Prometheus target that the settings name, undefined when they name none. */
function metricsQuery({metrics}: KubernetesSettings, {linked}: ConnectOptions): MetricsQuery | undefined {
	if (metrics === undefined || linked === undefined) return undefined;
	return async (expression, context) => {
		const {port} = await linked<PrometheusPort>(metrics.prometheus);
		return port.query(expression, context);
	};
}

/** Creates the connection of a target of kind `kubernetes`. The socket is opened by the first read. */
export async function connectKubernetes(
	target: Target<KubernetesSettings>,
	options: ConnectOptions,
): Promise<Connection<KubernetesPort>> {
	const settings = target.settings;
	const client = createKubernetesClient(settings, {
		readOnly: options.readOnly,
		metrics: metricsQuery(settings, options),
	});
	return {
		port: client.port,
		async identify(context) {
			const {version, user} = await client.port.identity(context);
			// The first read also connects and logs in: the latency is measured on a second one.
			const began = systemClock.monotonic();
			await client.port.readPath('/version', context);
			const latencyMs = systemClock.monotonic() - began;
			const server = await client.server(context);
			const access = await settings.access();
			const channel = classifyUrlChannel(access.server, access);
			return {version, who: user, latencyMs, channel, ...(server && {server})};
		},
		permissions: context => reviewPermissions(client.port, settings, context),
		login: client.login,
		approval: client.approval,
		close: async () => client.close(),
	};
}

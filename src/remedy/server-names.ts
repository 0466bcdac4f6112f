import type {ServerId} from '../contract/identity.ts';
import type {Target} from '../contract/target.ts';

/**
 * Names of the server of a target: its endpoint in the settings, and the id that the server reports once it was identified. The name of the target
 * when neither is known.
 */
export function serverNames(
	{name, kind, settings}: Pick<Target, 'name' | 'kind' | 'settings'>,
	server: ServerId | undefined,
): readonly string[] {
	const names = [endpointOf(settings), server?.id === undefined ? undefined : `id ${server.id}`];
	const known = names.filter(name => name !== undefined).map(name => `${kind} ${name}`);
	return known.length > 0 ? known : [`${kind} target ${name}`];
}

/** Hosts and ports, or the URL; undefined for settings without them (a kubeconfig). */
function endpointOf(settings: unknown): string | undefined {
	if (typeof settings !== 'object' || settings === null) return undefined;
	const {host, port, hosts, brokers, url} = settings as Readonly<Record<string, unknown>>;
	const list = hosts ?? brokers ?? (typeof host === 'string' ? [{host, port}] : undefined);
	if (Array.isArray(list)) {
		const endpoints = list.map((endpoint: {host?: unknown; port?: unknown}) =>
			`${String(endpoint.host)}:${String(endpoint.port)}`.toLowerCase(),
		);
		return endpoints.toSorted().join(',');
	}
	return typeof url === 'string' ? url : undefined;
}

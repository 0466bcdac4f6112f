import type {ServerId} from '../contract/identity.ts';
import type {Target} from '../contract/target.ts';

/**
 * What names the server of a target: its place in the settings, and the name that the server has for itself once it was asked. The
 * target's own name where neither is known.
 */
export function serverNames(
	{name, kind, settings}: Pick<Target, 'name' | 'kind' | 'settings'>,
	server: ServerId | undefined,
): readonly string[] {
	const names = [placeOf(settings), server?.id === undefined ? undefined : `id ${server.id}`];
	const known = names.filter(one => one !== undefined).map(one => `${kind} ${one}`);
	return known.length > 0 ? known : [`${kind} target ${name}`];
}

/** Hosts and ports, or the URL; undefined where settings tell none, as with a kubeconfig. */
function placeOf(settings: unknown): string | undefined {
	if (typeof settings !== 'object' || settings === null) return undefined;
	const {host, port, hosts, brokers, url} = settings as Readonly<Record<string, unknown>>;
	const list = hosts ?? brokers ?? (typeof host === 'string' ? [{host, port}] : undefined);
	if (Array.isArray(list)) {
		const places = list.map((one: {host?: unknown; port?: unknown}) =>
			`${String(one.host)}:${String(one.port)}`.toLowerCase(),
		);
		return places.toSorted().join(',');
	}
	return typeof url === 'string' ? url : undefined;
}

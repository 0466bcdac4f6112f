import type {ServerId} from '../contract/identity.ts';
import type {WatchedTarget} from '../watch/watched-target.ts';

/**
 * Names of the server of a target: its address in the settings, and the id that the server reports once it was identified. The name of the target
 * when neither is known.
 */
export function serverNames(
	{target: {name, kind, settings}, system}: WatchedTarget,
	server: ServerId | undefined,
): readonly string[] {
	const address = system.serverAddress?.(settings);
	const known = [
		...(address === undefined ? [] : [typeof address === 'string' ? address : addressText(address)]),
		...(server?.id === undefined ? [] : [`id ${server.id}`]),
	];
	return known.length > 0 ? known.map(text => `${kind} ${text}`) : [`${kind} target ${name}`];
}

/** Two consoles may list the hosts of one server in another order. */
const addressText = (endpoints: readonly {readonly host: string; readonly port: number}[]): string =>
	endpoints
		.map(({host, port}) => `${host}:${port}`.toLowerCase())
		.toSorted()
		.join(',');

import type {HttpTransport} from '../src/contract/http-transport.ts';
import type {Target} from '../src/contract/target.ts';
import type {HttpSettings} from '../src/port/http.ts';
import type {KubernetesPort} from '../src/port/kubernetes.ts';
import type {Watch} from '../src/watch/watch.ts';
import {connectLinkedTarget} from './linked-target.ts';

/**
 * Returns the transport of a target whose settings have `via: kubernetes`, undefined when the target is reached directly. Requests go
 * through the connection of that cluster, which opens on the first one.
 */
export function transportVia({settings}: Target, connection: Watch['connection']): HttpTransport | undefined {
	const via = (settings as Partial<HttpSettings>).via;
	if (via === undefined) return undefined;
	let created: HttpTransport | undefined;
	return {
		endpoint: `service ${via.namespace}/${via.service} in ${via.kubernetes}`,
		async send(request, signal) {
			const {port} = await connectLinkedTarget(connection, via.kubernetes);
			const service = created ?? (port as KubernetesPort).serviceTransport(via);
			created = service;
			return service.send(request, signal);
		},
		async channelSecurity(context) {
			const {connection: cluster} = await connectLinkedTarget(connection, via.kubernetes);
			return (await cluster.identify(context)).channel;
		},
		close: () => created?.close(),
	};
}

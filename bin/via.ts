import type {HttpTransport} from '../src/contract/http-transport.ts';
import type {Target} from '../src/contract/target.ts';
import type {HttpSettings} from '../src/port/http.ts';
import type {KubernetesPort} from '../src/port/kubernetes.ts';
import type {Watch} from '../src/watch/watch.ts';
import {connectLinkedTarget} from './cli/linked-target.ts';

/** The way to a target whose settings say `via: kubernetes`: the connection of that cluster, whenever it stands. */
export function transportVia({settings}: Target, connection: Watch['connection']): HttpTransport | undefined {
	const via = (settings as Partial<HttpSettings>).via;
	if (via === undefined) return undefined;
	let made: HttpTransport | undefined;
	return {
		endpoint: `service ${via.namespace}/${via.service} in ${via.kubernetes}`,
		async send(request, signal) {
			const {port} = await connectLinkedTarget(connection, via.kubernetes);
			const service = made ?? (port as KubernetesPort).serviceTransport(via);
			made = service;
			return service.send(request, signal);
		},
		async channelSecurity(context) {
			const {connection: cluster} = await connectLinkedTarget(connection, via.kubernetes);
			return (await cluster.identify(context)).channel;
		},
		close: () => made?.close(),
	};
}

import type {HttpTransport} from '../src/contract/http-transport.ts';
import type {Target} from '../src/contract/target.ts';
import type {HttpSettings} from '../src/port/http.ts';
import type {KubernetesPort} from '../src/port/kubernetes.ts';
import type {Watch} from '../src/watch/watch.ts';
import {otherTarget} from './cli/linked-target.ts';

/** The way to a target whose settings say `via: kubernetes`: the connection of that cluster, whenever it stands. */
export function viaOf({settings}: Target, connection: Watch['connection']): HttpTransport | undefined {
	const via = (settings as Partial<HttpSettings>).via;
	if (via === undefined) return undefined;
	let made: HttpTransport | undefined;
	return {
		where: `service ${via.namespace}/${via.service} in ${via.kubernetes}`,
		async open(request, signal) {
			const {port} = await otherTarget(connection, via.kubernetes);
			const service = made ?? (port as KubernetesPort).service(via);
			made = service;
			return service.open(request, signal);
		},
		async channel(context) {
			const {connection: cluster} = await otherTarget(connection, via.kubernetes);
			return (await cluster.identify(context)).channel;
		},
		close: () => made?.close(),
	};
}

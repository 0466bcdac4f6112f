import type {HttpTransport} from '../../src/contract/http-transport.ts';
import type {ConnectOptions} from '../../src/contract/system.ts';
import type {HttpSettings} from '../../src/port/http.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';

/**
 * Returns the transport of a server whose settings have `via`, undefined when it is reached directly. Requests go through the connection of
 * that cluster, which opens on the first one.
 */
export function createViaTransport(
	{via}: Pick<HttpSettings, 'via'>,
	{linked}: Pick<ConnectOptions, 'linked'>,
): HttpTransport | undefined {
	if (via === undefined || linked === undefined) return undefined;
	let created: HttpTransport | undefined;
	return {
		endpoint: `service ${via.namespace}/${via.service} in ${via.kubernetes}`,
		async send(request, signal) {
			const {port} = await linked<KubernetesPort>(via.kubernetes);
			created ??= port.serviceTransport(via);
			return created.send(request, signal);
		},
		async channelSecurity(context) {
			return (await (await linked<KubernetesPort>(via.kubernetes)).identify(context)).channel;
		},
		close: () => created?.close(),
	};
}

import type {HttpTransport} from '../../../src/contract/http-transport.ts';
import type {HttpVia} from '../../../src/port/http.ts';
import type {ApiTransport} from './transport.ts';

/** Headers of one connection, or which the API server takes for itself. */
const notForwardedHeaders = new Set([
	'host',
	'connection',
	'authorization',
	'content-length',
	'accept',
	'accept-encoding',
	'user-agent',
]);

/**
 * A service of the cluster behind the API server's proxy, so that nothing has to be exposed or forwarded. Needs the verb of its method on
 * `services/proxy`: get for GET, create for POST, delete for DELETE.
 * https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls
 */
export function serviceTransport(
	api: ApiTransport,
	{namespace, service, port, scheme}: Omit<HttpVia, 'kubernetes'>,
): HttpTransport {
	const name = [scheme, service, port].map(encodeURIComponent).join(':');
	const base = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${name}/proxy`;
	const all = new AbortController();
	return {
		endpoint: `service ${namespace}/${service}`,
		async send({method, path, query, headers, body}, signal) {
			const words = query.length === 0 ? '' : `?${new URLSearchParams(query)}`;
			const passed = Object.fromEntries(
				Object.entries(headers).filter(([header]) => !notForwardedHeaders.has(header.toLowerCase())),
			);
			const answer = await api.send(
				{
					method,
					path: `${base}${path}${words}`,
					pool: 'read',
					operation: `ask service ${namespace}/${service}`,
					accept: headers['Accept'] ?? headers['accept'] ?? '*/*',
					passThrough: {headers: passed, body},
				},
				AbortSignal.any([signal, all.signal]),
			);
			// What it packed is unpacked already.
			const {'content-encoding': _, ...told} = answer.headers;
			return {status: answer.status, headers: told, chunks: answer.chunks, close: answer.close};
		},
		close: () => all.abort(),
	};
}

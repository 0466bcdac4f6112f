import type {HttpTransport} from '../../../src/contract/http-transport.ts';
import type {HttpVia} from '../../../src/port/http.ts';
import type {ApiTransport} from './transport.ts';

/** Headers that belong to one connection, or that the API server interprets itself. */
const notForwardedHeaders: ReadonlySet<string> = new Set([
	'host',
	'connection',
	'authorization',
	'content-length',
	'accept',
	'accept-encoding',
	'user-agent',
]);

/**
 * HTTP transport to a Service through the proxy of the API server, so that the Service need not be exposed. Requires a verb on
 * `services/proxy` that depends on the method: get for GET, create for POST, delete for DELETE.
 * https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls
 */
export function serviceTransport(
	api: ApiTransport,
	{namespace, service, port, scheme}: Omit<HttpVia, 'kubernetes'>,
): HttpTransport {
	const name = [scheme, service, port].map(encodeURIComponent).join(':');
	const base = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${name}/proxy`;
	const closing = new AbortController();
	return {
		endpoint: `service ${namespace}/${service}`,
		async send({method, path, query, headers, body}, signal) {
			const queryText = query.length === 0 ? '' : `?${new URLSearchParams(query)}`;
			const forwarded = Object.fromEntries(
				Object.entries(headers).filter(([header]) => !notForwardedHeaders.has(header.toLowerCase())),
			);
			const answer = await api.send(
				{
					method,
					path: `${base}${path}${queryText}`,
					pool: 'read',
					operation: `request to service ${namespace}/${service}`,
					accept: headers['Accept'] ?? headers['accept'] ?? '*/*',
					passThrough: {headers: forwarded, body},
				},
				AbortSignal.any([signal, closing.signal]),
			);
			// The body is already decompressed.
			const {'content-encoding': _, ...rest} = answer.headers;
			return {status: answer.status, headers: rest, chunks: answer.chunks, close: answer.close};
		},
		close: () => closing.abort(),
	};
}

import {request} from 'node:http';
import type {FakeCluster} from '../cluster.ts';
import {ApiError, notFound} from '../objects/api-error.ts';
import type {Endpoints, Service} from '../objects/kinds.ts';
import type {ResourceRequest, ResourceResponse} from './resource-request.ts';

/** The real address of each service of the cluster: `http://127.0.0.1:PORT`, by `NAMESPACE/NAME`. */
export type Backends = Map<string, string>;

/** `services/[http:]NAME[:PORT]/proxy/PATH`: forwards the request to the service, and returns its response. */
export async function handleServiceProxy(
	{store}: FakeCluster,
	backends: Backends,
	call: ResourceRequest,
): Promise<ResourceResponse> {
	const {namespace = '', name = '', proxyPath: rest, query} = call;
	const parts = name.split(':');
	const service = (parts.length === 3 ? parts[1] : parts[0]) ?? '';
	if (store.get<Service>('services', namespace, service) === undefined) {
		throw notFound({resource: 'services', name: service});
	}
	const endpoints = store.get<Endpoints>('endpoints', namespace, service);
	const ready = endpoints?.subsets?.some(({addresses = []}) => addresses.length > 0) === true;
	const backend = backends.get(`${namespace}/${service}`);
	if (backend === undefined && !ready) {
		throw new ApiError(503, 'ServiceUnavailable', `no endpoints available for service "${service}"`);
	}
	if (backend === undefined) {
		throw new ApiError(
			503,
			'ServiceUnavailable',
			`error trying to reach service: dial tcp: connect: connection refused`,
		);
	}
	const text = query.toString();
	return forward(new URL(`/${rest}${text === '' ? '' : `?${text}`}`, backend), call);
}

/** The HTTP method for the verb that authorization checks. */
const methods: Readonly<Record<string, string>> = {create: 'POST', update: 'PUT', delete: 'DELETE'};

function forward(url: URL, call: ResourceRequest): Promise<ResourceResponse> {
	const method = methods[call.verb] ?? 'GET';
	const type = call.rawBody.length === 0 ? {} : {'content-type': call.contentType};
	return new Promise((resolve, reject) => {
		const passed = request(url, {method, headers: {accept: call.accept, ...type}}, response => {
			const chunks: Buffer[] = [];
			response.on('data', (chunk: Buffer) => chunks.push(chunk));
			response.on('error', reject);
			response.on('end', () =>
				resolve({
					code: response.statusCode ?? 502,
					text: Buffer.concat(chunks),
					contentType: response.headers['content-type'] ?? 'text/plain',
				}),
			);
		});
		passed.on('error', error => {
			reject(new ApiError(503, 'ServiceUnavailable', `error trying to reach service: ${error.message}`));
		});
		passed.end(call.rawBody);
	});
}

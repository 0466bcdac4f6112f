import type {ApiObject, KubernetesPort} from '../../../src/port/kubernetes.ts';
import {listAll} from './list.ts';
import {apiPath} from './resources.ts';
import type {ApiTransport} from './transport.ts';
import {apiObject} from './writes.ts';

const metadataOnlyType = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

/** Reads of complete objects, which are not cached. */
export function createObjectReads(transport: ApiTransport): Pick<KubernetesPort, 'get' | 'list' | 'readPath'> {
	return {
		async get({type, namespace, name}, {signal}) {
			const path = apiPath(type, namespace, name);
			const operation = `get ${type.resource} ${name}`;
			return apiObject(await transport.json({method: 'GET', path, pool: 'read', operation}, signal));
		},
		async list({limit = Number.POSITIVE_INFINITY, metadataOnly, ...request}, {signal}) {
			let items: ApiObject[] = [];
			const accept = metadataOnly === true ? metadataOnlyType : undefined;
			const page = await listAll(transport, {...request, accept}, signal, {
				begin() {
					items = [];
				},
				take(item) {
					items.push(apiObject(item));
				},
				page: () => items.length < limit,
			});
			return {items: items.slice(0, limit), more: page.next !== '' || items.length > limit};
		},
		async readPath(path, {signal}) {
			const {text, headers} = await transport.text(
				{method: 'GET', path, accept: '*/*', pool: 'read', operation: path},
				signal,
			);
			return {text, contentType: headers['content-type'] ?? ''};
		},
	};
}

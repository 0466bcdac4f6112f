import {apiVersionOf, type ResourceType, resourceTypes} from '../objects/resources.ts';
import {serverVersion} from './discovery.ts';

/** A field of a protocol buffer that holds bytes: text, or another message. */
function field(number: number, ...content: readonly (Buffer | string)[]): Buffer {
	const body = Buffer.concat(content.map(part => Buffer.from(part)));
	const head = [(number << 3) | 2];
	let rest = body.length;
	for (; rest > 0x7f; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
	head.push(rest);
	return Buffer.concat([Buffer.from(head), body]);
}

/** A path that can be patched, with the parameter `dryRun`: an old kubectl looks for it before it requests a dry run. */
function patchable(type: ResourceType): Buffer {
	const {group, version, kind, plural, namespaced} = type;
	const root = group === '' ? '/api' : '/apis';
	const path = `${root}/${apiVersionOf(type)}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}/{name}`;
	const parameter = field(8, field(1, field(2, field(3, field(2, 'query'), field(4, 'dryRun')))));
	const groupVersionKind = `group: "${group}"\nkind: ${kind}\nversion: ${version}\n`;
	const extension = field(13, field(1, 'x-kubernetes-group-version-kind'), field(2, field(2, groupVersionKind)));
	return field(2, field(1, path), field(2, field(8, parameter, extension)));
}

/**
 * `/openapi/v2` in protocol buffers (google/gnostic, openapiv2/OpenAPIv2.proto: Document). There are no definitions: kubectl then checks
 * nothing by itself, and leaves it to the server.
 */
export function openApiDocument(): Buffer {
	const info = field(2, field(1, 'Kubernetes'), field(2, serverVersion.gitVersion));
	const paths = resourceTypes.filter(({verbs}) => verbs.includes('patch')).map(patchable);
	return Buffer.concat([field(1, '2.0'), info, field(8, ...paths)]);
}

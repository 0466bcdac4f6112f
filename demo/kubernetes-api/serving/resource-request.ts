import type {IncomingMessage} from 'node:http';
import {ApiError, badRequest} from '../objects/api-error.ts';
import {isObject, type JsonObject} from '../objects/kube-object.ts';
import {findType, type ResourceType} from '../objects/resources.ts';
import type {User} from './access.ts';
import type {ResponseWriter} from './reply.ts';

/** Percent-encoded text, decoded; undefined when an escape in it is broken. */
function decoded(text: string): string | undefined {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}

/** A parsed request for a resource. */
export type ResourceRequest = {
	readonly user: User;
	/** The verb that authorization checks: get, list, watch, create, update, patch, delete, deletecollection. */
	readonly verb: string;
	readonly type: ResourceType;
	readonly namespace: string | undefined;
	readonly name: string | undefined;
	readonly subresource: string | undefined;
	/** What follows the subresource: of a proxy, the path behind it. */
	readonly proxyPath: string;
	readonly query: URLSearchParams;
	readonly accept: string;
	readonly contentType: string;
	readonly body: unknown;
	/** The body as received, for a request that is passed on. */
	readonly rawBody: Buffer;
	readonly dryRun: boolean;
	readonly fieldManager: string;
};

/** The response: a complete body or a stream. */
export type ResourceResponse =
	| {readonly code: number; readonly text: string | Buffer; readonly contentType?: string; readonly retryAfter?: number}
	| {readonly contentType: string; stream(reply: ResponseWriter): void};

export const jsonResourceResponse = (body: unknown, code = 200): ResourceResponse => ({
	code,
	text: JSON.stringify(body),
});

/** The parts of a path; undefined when it is not the path of a resource. */
export type ResourcePath = Pick<ResourceRequest, 'type' | 'namespace' | 'name' | 'subresource' | 'proxyPath'>;

export function parseResourcePath(pathname: string): ResourcePath | undefined {
	const steps = pathname.split('/').slice(1).map(decoded);
	if (!steps.every(step => step !== undefined)) return undefined;
	const [root, ...rest] = steps;
	const [group, version, ...path] = root === 'api' ? ['', ...rest] : rest;
	if ((root !== 'api' && root !== 'apis') || group === undefined || version === undefined) return undefined;
	const inNamespace =
		path[0] === 'namespaces' && path.length >= 3 ? findType(group, version, path[2] ?? '') : undefined;
	if (inNamespace?.namespaced === true) {
		const [, namespace, , name, subresource, ...more] = path;
		return {type: inNamespace, namespace, name, subresource, proxyPath: more.join('/')};
	}
	const [plural = '', name, subresource, ...more] = path;
	const type = findType(group, version, plural);
	return type && {type, namespace: undefined, name, subresource, proxyPath: more.join('/')};
}

/** The verb of a request, for authorization. */
export function requestVerb(method: string, place: ResourcePath, query: URLSearchParams): string {
	if (method === 'POST') return 'create';
	if (method === 'PUT') return 'update';
	if (method === 'PATCH') return 'patch';
	if (method === 'DELETE') return place.name === undefined ? 'deletecollection' : 'delete';
	if (query.get('watch') === 'true' || query.get('watch') === '1') return 'watch';
	return place.name === undefined ? 'list' : 'get';
}

/** The limit of the real server: 3 MiB. */
const maxBody = 3 * 1024 * 1024;

/** Reads the body of a request, without parsing it. @throws ApiError when it is too long. */
export async function readRaw(request: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length > maxBody) throw new ApiError(413, 'RequestEntityTooLarge', 'limit is 3145728');
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/** The body, parsed; undefined when there is none. @throws ApiError when it is no JSON. */
export function parseBody(request: IncomingMessage, raw: Buffer): unknown {
	if (raw.length === 0) return undefined;
	const type = request.headers['content-type'] ?? 'application/json';
	if (!/json/.test(type)) {
		throw new ApiError(
			415,
			'UnsupportedMediaType',
			`the body of the request was in an unknown format - accepted media types include: application/json (sent ${type})`,
		);
	}
	try {
		return JSON.parse(raw.toString('utf8'));
	} catch (error) {
		throw badRequest(`the object provided is unrecognized: ${error instanceof Error ? error.message : String(error)}`);
	}
}

/** The body as an object. @throws ApiError 400 when it is something else. */
export function objectBody(call: Pick<ResourceRequest, 'body'>): JsonObject {
	if (!isObject(call.body)) throw badRequest('the body of the request has to be an object');
	return call.body;
}

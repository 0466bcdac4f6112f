import type {IncomingMessage, ServerResponse} from 'node:http';
import type {TLSSocket} from 'node:tls';
import type {FakeCluster} from '../cluster.ts';
import {ApiError, forbidden, noSuchPath, unauthorized} from '../objects/api-error.ts';
import type {Simulation} from '../simulation.ts';
import type {User} from './access.ts';
import type {FaultInjector} from './fault-injection.ts';
import {createResponseWriter, type ResponseWriter} from './reply.ts';
import {
	parseBody,
	parseResourcePath,
	type ResourceRequest,
	type ResourceResponse,
	readRaw,
	requestVerb,
} from './resource-request.ts';
import {authorize, handleDiscovery, handleResourceRequest} from './routes.ts';

/** Sockets on which no request is answered any more. */
const ignoredSockets = new WeakSet<object>();

/** Answers the requests of an HTTPS server. */
export function createListener(world: Simulation, board: FaultInjector) {
	return (request: IncomingMessage, response: ServerResponse): void => {
		// A dead connection returns nothing, not even a refusal.
		if (ignoredSockets.has(request.socket)) return;
		const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
		const reply = createResponseWriter(response, takesGzip, world.cluster.clock);
		handleRequest(world, board, request, reply).then(
			found => sendResponse(reply, found),
			error => sendResponse(reply, failure(error)),
		);
	};
}

function sendResponse(reply: ResponseWriter, answer: ResourceResponse | undefined) {
	if (answer === undefined || reply.closed) return;
	const contentType = answer.contentType ?? 'application/json';
	if ('stream' in answer) {
		reply.open({'content-type': contentType, 'cache-control': 'no-cache, private'});
		return answer.stream(reply);
	}
	const retry = retryAfter(answer);
	const headers = {'content-type': contentType, 'cache-control': 'no-cache, private', ...retry};
	reply.send(answer.code, headers, answer.text);
}

const retryAfter = (answer: ResourceResponse): Record<string, string> =>
	'retryAfter' in answer && answer.retryAfter !== undefined ? {'retry-after': String(answer.retryAfter)} : {};

function failure(error: unknown): ResourceResponse {
	const apiError =
		error instanceof ApiError
			? error
			: new ApiError(500, 'InternalError', error instanceof Error ? (error.stack ?? error.message) : String(error));
	const seconds = apiError.details?.['retryAfterSeconds'];
	return {
		code: apiError.code,
		text: JSON.stringify(apiError.status),
		...(typeof seconds === 'number' && (apiError.code === 429 || apiError.code >= 500) ? {retryAfter: seconds} : {}),
	};
}

async function handleRequest(
	world: Simulation,
	board: FaultInjector,
	request: IncomingMessage,
	reply: ResponseWriter,
): Promise<ResourceResponse | undefined> {
	const {cluster} = world;
	const url = new URL(request.url ?? '/', 'https://localhost');
	const user = authenticate(cluster, request);
	const place = parseResourcePath(url.pathname);
	const verb = place === undefined ? 'get' : requestVerb(request.method ?? 'GET', place, url.searchParams);
	const resource =
		place === undefined
			? url.pathname
			: place.subresource === undefined
				? place.type.key
				: `${place.type.key}/${place.subresource}`;
	const admitted = board.admit({
		verb,
		resource,
		namespace: place?.namespace,
		user: user?.name ?? '',
		query: url.searchParams,
		headers: request.headers,
		response: reply,
		ignoreConnection: () => ignoredSockets.add(request.socket),
	});
	if (!admitted) return undefined;
	if (user === undefined) throw unauthorized();
	if (place === undefined || (cluster.metrics === 'absent' && place.type.group === 'metrics.k8s.io')) {
		const found = handleDiscovery(cluster, url.pathname, String(request.headers.host ?? ''));
		if (found === undefined) throw noSuchPath();
		return found;
	}
	const head: Omit<ResourceRequest, 'body' | 'rawBody'> = {
		...place,
		user,
		verb,
		query: url.searchParams,
		accept: String(request.headers.accept ?? 'application/json'),
		contentType: String(request.headers['content-type'] ?? 'application/json'),
		dryRun: url.searchParams.getAll('dryRun').includes('All'),
		fieldManager: url.searchParams.get('fieldManager') ?? managerOf(String(request.headers['user-agent'] ?? '')),
	};
	authorize(cluster, head);
	const raw = await readRaw(request);
	// A request to a service is passed on unchanged.
	const body = place.subresource === 'proxy' ? undefined : parseBody(request, raw);
	return handleResourceRequest(world, {...head, body, rawBody: raw});
}

/** `kubectl/v1.20.2 (linux/amd64)` writes as `kubectl`. */
const managerOf = (userAgent: string): string => userAgent.split('/')[0] || 'unknown';

/** The user of a request: by its bearer token, else by its client certificate; the impersonated user when the headers name one. @throws ApiError 403 when it may not impersonate. */
function authenticate(cluster: FakeCluster, request: IncomingMessage): User | undefined {
	const {access} = cluster;
	const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
	const user = bearer === undefined ? userOfCertificate(cluster, request.socket as TLSSocket) : access.userOf(bearer);
	const name = request.headers['impersonate-user'];
	if (user === undefined || typeof name !== 'string') return user;
	const groups = request.headersDistinct['impersonate-group'] ?? [];
	if (!access.allows(user, {verb: 'impersonate', group: '', resource: 'users', name})) {
		const why = `User "${user.name}" cannot impersonate resource "users" in API group "" at the cluster scope`;
		throw forbidden({resource: 'users', name}, why);
	}
	return access.named(name, groups);
}

function userOfCertificate({access}: FakeCluster, socket: TLSSocket): User | undefined {
	if (!socket.authorized) return undefined;
	const {subject} = socket.getPeerCertificate();
	if (subject?.CN === undefined) return undefined;
	const groups: unknown = subject.O;
	const [name] = [subject.CN].flat();
	return name === undefined ? undefined : access.named(name, [groups ?? []].flat() as string[]);
}

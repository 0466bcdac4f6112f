import type {IncomingMessage, ServerResponse} from 'node:http';
import type {TLSSocket} from 'node:tls';
import type {User} from './access.ts';
import {ApiError, forbidden, noSuchPath, unauthorized} from '../objects/api-error.ts';
import {type Answer, type Call, parseBody, placeOf, readRaw, verbOf} from './resource-request.ts';
import type {Cluster} from '../cluster.ts';
import type {FaultBoard} from './fault-injection.ts';
import {createReply, type Reply} from './reply.ts';
import {answerCall, answerDiscovery, authorize} from './routes.ts';
import type {World} from '../simulation.ts';

/** Sockets on which nothing is answered any more. */
const deaf = new WeakSet<object>();

/** Answers the requests of an HTTPS server. */
export function createListener(world: World, board: FaultBoard) {
	return (request: IncomingMessage, response: ServerResponse): void => {
		// Of a dead connection nothing comes back: neither an answer nor a refusal.
		if (deaf.has(request.socket)) return;
		const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
		const reply = createReply(response, takesGzip, world.cluster.clock);
		answer(world, board, request, reply).then(
			found => deliver(reply, found),
			error => deliver(reply, failure(error)),
		);
	};
}

function deliver(reply: Reply, answer: Answer | undefined) {
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

const retryAfter = (answer: Answer): Record<string, string> =>
	'retryAfter' in answer && answer.retryAfter !== undefined ? {'retry-after': String(answer.retryAfter)} : {};

function failure(error: unknown): Answer {
	const told =
		error instanceof ApiError
			? error
			: new ApiError(500, 'InternalError', error instanceof Error ? (error.stack ?? error.message) : String(error));
	const seconds = told.details?.['retryAfterSeconds'];
	return {
		code: told.code,
		text: JSON.stringify(told.status),
		...(typeof seconds === 'number' && (told.code === 429 || told.code >= 500) ? {retryAfter: seconds} : {}),
	};
}

async function answer(
	world: World,
	board: FaultBoard,
	request: IncomingMessage,
	reply: Reply,
): Promise<Answer | undefined> {
	const {cluster} = world;
	const url = new URL(request.url ?? '/', 'https://localhost');
	const user = authenticate(cluster, request);
	const place = placeOf(url.pathname);
	const verb = place === undefined ? 'get' : verbOf(request.method ?? 'GET', place, url.searchParams);
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
		reply,
		deafen: () => deaf.add(request.socket),
	});
	if (!admitted) return undefined;
	if (user === undefined) throw unauthorized();
	if (place === undefined || (cluster.metrics === 'absent' && place.type.group === 'metrics.k8s.io')) {
		const found = answerDiscovery(cluster, url.pathname, String(request.headers.host ?? ''));
		if (found === undefined) throw noSuchPath();
		return found;
	}
	const head: Omit<Call, 'body' | 'raw'> = {
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
	// What is passed on to a service is the service's to understand.
	const body = place.subresource === 'proxy' ? undefined : parseBody(request, raw);
	return answerCall(world, {...head, body, raw});
}

/** `kubectl/v1.20.2 (linux/amd64)` writes as `kubectl`. */
const managerOf = (userAgent: string): string => userAgent.split('/')[0] || 'unknown';

/** By bearer token, else by client certificate; on behalf of another user when the headers say so. @throws ApiError 403 */
function authenticate(cluster: Cluster, request: IncomingMessage): User | undefined {
	const {access} = cluster;
	const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
	const user = bearer === undefined ? certified(cluster, request.socket as TLSSocket) : access.userOf(bearer);
	const name = request.headers['impersonate-user'];
	if (user === undefined || typeof name !== 'string') return user;
	const told = request.headersDistinct['impersonate-group'] ?? [];
	if (!access.allows(user, {verb: 'impersonate', group: '', resource: 'users', name})) {
		const why = `User "${user.name}" cannot impersonate resource "users" in API group "" at the cluster scope`;
		throw forbidden({resource: 'users', name}, why);
	}
	return access.named(name, told);
}

function certified({access}: Cluster, socket: TLSSocket): User | undefined {
	if (!socket.authorized) return undefined;
	const {subject} = socket.getPeerCertificate();
	if (subject?.CN === undefined) return undefined;
	const groups: unknown = subject.O;
	const [name] = [subject.CN].flat();
	return name === undefined ? undefined : access.named(name, [groups ?? []].flat() as string[]);
}

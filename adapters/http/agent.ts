import {type ClientRequestArgs, Agent as PlainAgent, type AgentOptions as PlainOptions} from 'node:http';
import {type AgentOptions, Agent as SecureAgent} from 'node:https';
import type {Duplex} from 'node:stream';
import {connectThroughProxy, isSocks, proxyAuthorization} from './proxy.ts';

/** What TLS needs, read. PEM text. */
export type TlsMaterial = {
	readonly ca: string | undefined;
	readonly cert: string | undefined;
	readonly key: string | undefined;
	readonly servername: string | undefined;
	readonly insecure: boolean;
};

/**
 * Reads share a few connections; each watch or log has one of its own; an act never goes over one that may have died unnoticed. Signs of
 * life have their own too, so that they do not wait behind a long list.
 */
export type ConnectionPoolName = 'read' | 'heartbeat' | 'stream' | 'act';

export type Agents = {
	readonly secure: boolean;
	forPool(pool: ConnectionPoolName): PlainAgent;
	/** For requests to an http server through an http proxy: where they really go. */
	readonly forwardProxy: {readonly proxy: URL; readonly headers: Readonly<Record<string, string>>} | undefined;
	/** No new request may begin; those under way go on, idle connections are closed. */
	retire(): void;
	destroy(): void;
};

type Created = (error: Error | null, stream: Duplex) => void;

const tunnelMs = 10_000;

/** TLS to the server through a tunnel that the proxy opens. */
class TunnelAgent extends SecureAgent {
	readonly #proxy: URL;

	constructor(proxy: URL, options: AgentOptions) {
		super(options);
		this.#proxy = proxy;
	}

	override createConnection(options: ClientRequestArgs, created?: Created): Duplex | null | undefined {
		void connectThrough(this.#proxy, options, 443, created, socket =>
			super.createConnection({...options, socket} as ClientRequestArgs),
		);
		return undefined;
	}
}

/** To an http server, through a proxy that does not speak HTTP itself. */
class SocksAgent extends PlainAgent {
	readonly #proxy: URL;

	constructor(proxy: URL, options: PlainOptions) {
		super(options);
		this.#proxy = proxy;
	}

	override createConnection(options: ClientRequestArgs, created?: Created): Duplex | null | undefined {
		void connectThrough(this.#proxy, options, 80, created, socket => socket);
		return undefined;
	}
}

async function connectThrough(
	proxy: URL,
	{host, port}: ClientRequestArgs,
	usualPort: number,
	created: Created | undefined,
	over: (socket: Duplex) => Duplex | null | undefined,
): Promise<void> {
	try {
		const place = {host: host ?? '', port: Number(port ?? usualPort)};
		const stream = over(await connectThroughProxy(proxy, place, AbortSignal.timeout(tunnelMs)));
		if (stream) created?.(null, stream);
	} catch (error) {
		// The second argument is there when the first is null: the signature of Node's types knows no other way.
		(created as ((error: unknown) => void) | undefined)?.(error);
	}
}

/** The connections to one server: `maxSockets` at most for reads, `maxIdle` of which are kept between them. */
export function createAgents(
	server: URL,
	tls: TlsMaterial,
	proxy: URL | undefined,
	{maxSockets, maxIdle}: {readonly maxSockets: number; readonly maxIdle: number} = {maxSockets: 8, maxIdle: 2},
): Agents {
	const secure = server.protocol === 'https:';
	const shared: PlainOptions = {keepAliveMsecs: 10_000, scheduling: 'lifo'};
	const {ca, cert, key, servername, insecure} = tls;
	const options: AgentOptions = {
		...shared,
		...(ca === undefined ? {} : {ca}),
		...(cert === undefined ? {} : {cert}),
		...(key === undefined ? {} : {key}),
		...(servername === undefined ? {} : {servername}),
		rejectUnauthorized: !insecure,
		minVersion: 'TLSv1.2',
	};
	const make = (limits: PlainOptions): PlainAgent => {
		if (!secure) {
			const plain = {...shared, ...limits};
			return proxy !== undefined && isSocks(proxy) ? new SocksAgent(proxy, plain) : new PlainAgent(plain);
		}
		return proxy === undefined
			? new SecureAgent({...options, ...limits})
			: new TunnelAgent(proxy, {...options, ...limits});
	};
	const agents: Readonly<Record<ConnectionPoolName, PlainAgent>> = {
		read: make({keepAlive: true, maxSockets, maxFreeSockets: maxIdle}),
		heartbeat: make({keepAlive: true, maxSockets: 1}),
		stream: make({keepAlive: false}),
		act: make({keepAlive: false}),
	};
	return {
		secure,
		forPool: pool => agents[pool],
		forwardProxy:
			proxy === undefined || secure || isSocks(proxy) ? undefined : {proxy, headers: proxyAuthorization(proxy)},
		retire() {
			const idle = [agents.read, agents.heartbeat].flatMap(({freeSockets}) => Object.values(freeSockets));
			for (const socket of idle.flatMap(sockets => sockets ?? [])) socket.destroy();
		},
		destroy() {
			for (const agent of Object.values(agents)) agent.destroy();
		},
	};
}

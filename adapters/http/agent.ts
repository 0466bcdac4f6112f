import {type ClientRequestArgs, Agent as PlainAgent, type AgentOptions as PlainOptions} from 'node:http';
import {type AgentOptions, Agent as SecureAgent} from 'node:https';
import type {Duplex} from 'node:stream';
import {connectThroughProxy, isSocks, proxyAuthorization} from './proxy.ts';

/** The contents of the TLS files, as PEM text. */
export type TlsMaterial = {
	readonly ca: string | undefined;
	readonly cert: string | undefined;
	readonly key: string | undefined;
	readonly servername: string | undefined;
	readonly insecure: boolean;
};

/**
 * `read`: a few shared connections · `heartbeat`: one, so that heartbeats do not wait behind a long list · `stream`: one for each watch or
 * log · `write`: a new one for each write, because a reused one may be stale.
 */
export type ConnectionPoolName = 'read' | 'heartbeat' | 'stream' | 'write';

export type Agents = {
	readonly secure: boolean;
	forPool(pool: ConnectionPoolName): PlainAgent;
	/** The proxy that gets the absolute URL: set for requests to an http server through an http proxy. */
	readonly forwardProxy: {readonly proxy: URL; readonly headers: Readonly<Record<string, string>>} | undefined;
	/** Closes idle connections. Requests in flight continue; the caller begins no new ones. */
	retire(): void;
	destroy(): void;
};

type Created = (error: Error | null, stream: Duplex) => void;

const tunnelTimeoutMs = 10_000;

/** Speaks TLS to the server through a tunnel that the proxy opens. */
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

/** Speaks HTTP to the server through a SOCKS proxy. */
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
	defaultPort: number,
	created: Created | undefined,
	wrap: (socket: Duplex) => Duplex | null | undefined,
): Promise<void> {
	try {
		const endpoint = {host: host ?? '', port: Number(port ?? defaultPort)};
		const stream = wrap(await connectThroughProxy(proxy, endpoint, AbortSignal.timeout(tunnelTimeoutMs)));
		if (stream) created?.(null, stream);
	} catch (error) {
		// Node's types require the second argument even with an error.
		(created as ((error: unknown) => void) | undefined)?.(error);
	}
}

/** Creates the connection pools of one server: at most `maxSockets` for reads, of which `maxIdle` stay open between reads. */
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
	const createAgent = (limits: PlainOptions): PlainAgent => {
		if (!secure) {
			const plain = {...shared, ...limits};
			return proxy !== undefined && isSocks(proxy) ? new SocksAgent(proxy, plain) : new PlainAgent(plain);
		}
		return proxy === undefined
			? new SecureAgent({...options, ...limits})
			: new TunnelAgent(proxy, {...options, ...limits});
	};
	const agents: Readonly<Record<ConnectionPoolName, PlainAgent>> = {
		read: createAgent({keepAlive: true, maxSockets, maxFreeSockets: maxIdle}),
		heartbeat: createAgent({keepAlive: true, maxSockets: 1}),
		stream: createAgent({keepAlive: false}),
		write: createAgent({keepAlive: false}),
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

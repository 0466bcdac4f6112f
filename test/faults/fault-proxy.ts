import {connect, createServer, type Server, type Socket} from 'node:net';

/**
 * A proxy between a client and its server.
 * - `pass`: nothing but the delays below
 * - `hold`: the link is cut; bytes wait and arrive on heal, as TCP would send them again. They are never dropped: that is no fault a network has
 * - `reset`: a new connection is reset; those that stand are left alone (see `resetAll`)
 * - `silent`: a new connection is accepted and never answered, also not after heal
 * - `refuse`: nothing listens on the port
 */
export type FaultMode = 'pass' | 'hold' | 'reset' | 'silent' | 'refuse';

export type ProxyFaults = {
	readonly mode: FaultMode;
	/** Delay in each direction, in milliseconds. */
	readonly latencyMs: number;
	/** The maximum random delay on top of the latency, in milliseconds. Bytes stay in order. */
	readonly jitterMs: number;
	/** Bytes go in pieces of at most this many; 0: unlimited. */
	readonly chunkBytes: number;
	/** Bandwidth in each direction; 0: unlimited. */
	readonly bytesPerSecond: number;
	/** The bytes of the server are replaced by as many random bytes. */
	readonly garble: boolean;
	/** The link is cut (`hold`) just before the first piece from the client with this text goes on; empty: never. */
	readonly holdAt: string;
};

export type FaultProxy = {
	readonly host: '127.0.0.1';
	/** Stays the same through `refuse` and heal. */
	readonly port: number;
	/** Connections that a client holds right now. */
	readonly connections: number;
	/** Connections made since the start. */
	readonly accepted: number;
	set(faults: Partial<ProxyFaults>): Promise<void>;
	/** Ends all faults; held bytes are delivered. */
	heal(): Promise<void>;
	/** Resets every open connection: the client sees ECONNRESET. */
	resetAll(): void;
	/** The server drops its connections without a sign to the clients: what they send is accepted and never answered. */
	halfOpen(): void;
	close(): Promise<void>;
};

const none: ProxyFaults = {
	mode: 'pass',
	latencyMs: 0,
	jitterMs: 0,
	chunkBytes: 0,
	bytesPerSecond: 0,
	garble: false,
	holdAt: '',
};
/** From this number of waiting bytes on, the sender is paused. */
const enough = 1024 * 1024;

type Flow = {pump(): void};
type Link = {readonly client: Socket; readonly server: Socket | undefined; readonly flows: Flow[]; cut: boolean};

/** A proxy on loopback in front of one server, with no faults yet. `wanted`: its port, where the server advertises one. */
export async function startFaultProxy(
	server: {readonly host: string; readonly port: number},
	wanted = 0,
): Promise<FaultProxy> {
	let faults = none;
	let accepted = 0;
	const links = new Set<Link>();
	const state = {
		current: () => faults,
		cutLink: () => {
			faults = {...faults, mode: 'hold', holdAt: ''};
		},
	};

	const accept = (client: Socket): void => {
		accepted++;
		client.on('error', () => {});
		if (faults.mode === 'reset') {
			client.resetAndDestroy();
			return;
		}
		const link: Link = {client, server: faults.mode === 'silent' ? undefined : dial(server), flows: [], cut: false};
		links.add(link);
		const forget = () => {
			if (client.closed && link.server?.closed !== false) links.delete(link);
		};
		client.on('close', forget);
		link.server?.on('close', forget);
		if (link.server === undefined) {
			client.resume();
			return;
		}
		link.flows.push(flow(client, link.server, link, state, false), flow(link.server, client, link, state, true));
	};

	let listener = await listen(accept, wanted);
	const address = listener.address();
	if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
	const {port} = address;

	const set = async (change: Partial<ProxyFaults>): Promise<void> => {
		faults = {...faults, ...change};
		if (faults.mode === 'refuse') await stopListening(listener);
		else if (!listener.listening) listener = await listen(accept, port);
		for (const link of links) for (const each of link.flows) each.pump();
	};

	const resetAll = (): void => {
		for (const link of links) {
			link.cut = true;
			link.client.resetAndDestroy();
			link.server?.destroy();
		}
	};

	return {
		host: '127.0.0.1',
		port,
		get connections() {
			return [...links].filter(link => !link.client.destroyed).length;
		},
		get accepted() {
			return accepted;
		},
		set,
		heal: () => set(none),
		resetAll,
		halfOpen() {
			for (const link of links) {
				link.cut = true;
				link.server?.destroy();
				link.client.resume();
			}
		},
		async close() {
			resetAll();
			await stopListening(listener);
		},
	};
}

/** Starts a listener that accepts connections and never answers. */
export async function startSilentListener(): Promise<FaultProxy> {
	const proxy = await startFaultProxy({host: '127.0.0.1', port: 1});
	await proxy.set({mode: 'silent'});
	return proxy;
}

/** One direction of a connection. A cut link takes bytes and gives none. */
function flow(
	from: Socket,
	to: Socket,
	link: Link,
	{current, cutLink}: {readonly current: () => ProxyFaults; readonly cutLink: () => void},
	fromServer: boolean,
): Flow {
	const queue: {readonly due: number; readonly data: Buffer | undefined}[] = [];
	let waiting = 0;
	let lastDue = 0;
	let planned = false;

	const deliver = (): void => {
		planned = false;
		for (let first = queue[0]; first !== undefined; first = queue[0]) {
			if (current().mode === 'hold' || link.cut) return;
			const early = first.due - performance.now();
			if (early > 0.5) {
				plan(early);
				return;
			}
			queue.shift();
			if (first.data === undefined) to.end();
			else {
				waiting -= first.data.length;
				if (!to.destroyed && !to.write(first.data)) {
					to.once('drain', () => pump());
					return;
				}
			}
		}
		if (from.isPaused()) from.resume();
	};

	const plan = (ms: number): void => {
		if (!planned) setTimeout(deliver, ms);
		planned = true;
	};
	const pump = () => plan(0);

	const put = (data: Buffer | undefined): void => {
		const {latencyMs, jitterMs, bytesPerSecond} = current();
		const due = Math.max(lastDue, performance.now() + latencyMs + Math.random() * jitterMs);
		lastDue = due + (data && bytesPerSecond > 0 ? (data.length / bytesPerSecond) * 1000 : 0);
		// A slow line has brought a piece when its last byte is there.
		queue.push({due: lastDue, data});
		waiting += data?.length ?? 0;
		if (waiting > enough) from.pause();
		pump();
	};

	from.on('data', (data: Buffer) => {
		if (link.cut) return;
		const {chunkBytes, garble, holdAt} = current();
		if (holdAt !== '' && !fromServer && data.includes(holdAt)) cutLink();
		const bytes = garble && fromServer ? Buffer.alloc(data.length, 0xff) : data;
		const size = chunkBytes > 0 ? chunkBytes : bytes.length;
		for (let at = 0; at < bytes.length; at += size) put(bytes.subarray(at, at + size));
	});
	let ended = false;
	const end = (): void => {
		if (!ended) put(undefined);
		ended = true;
	};
	from.on('end', end);
	from.on('error', () => {
		if (!link.cut && current().mode === 'pass') to.resetAndDestroy();
	});
	// A destroyed socket emits no end event; the other side is closed as well, after the held bytes.
	from.on('close', end);
	return {pump};
}

function dial({host, port}: {readonly host: string; readonly port: number}): Socket {
	const socket = connect({host, port, noDelay: true, allowHalfOpen: true});
	socket.on('error', () => {});
	return socket;
}

const listen = (accept: (client: Socket) => void, port: number): Promise<Server> =>
	new Promise((resolve, reject) => {
		const server = createServer({allowHalfOpen: true, noDelay: true}, accept);
		server.once('error', reject);
		server.listen(port, '127.0.0.1', () => resolve(server));
	});

/** Standing connections are left alone: only the port is given up. */
function stopListening(server: Server): Promise<void> {
	if (!server.listening) return Promise.resolve();
	// The callback of close() waits for the connections too; the port is free as soon as close() returns.
	server.close();
	return new Promise(resolve => setImmediate(resolve));
}

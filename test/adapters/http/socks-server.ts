import {once} from 'node:events';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';

export type SocksServer = {
	/** `127.0.0.1:port` */
	readonly address: string;
	/** The requested connections: `name:port` or `name:port as user`. */
	readonly requests: string[];
	close(): void;
};

export type SocksOptions = {
	/** The port that every connection goes to, whatever the requested name. */
	readonly to: number;
	/** Required when given. */
	readonly login?: {readonly user: string; readonly password: string};
	/** The reply code that it sends instead of connecting. */
	readonly refusal?: number;
	/** Type of the address in its reply: 1 or 4, or 3 for a name. */
	readonly boundAddressType?: 1 | 3 | 4;
};

/** Returns a function that reads exactly `size` bytes. */
function reader(socket: Socket): (size: number) => Promise<Buffer> {
	let waiting = Buffer.alloc(0);
	return async size => {
		while (waiting.length < size) {
			const chunk = (socket.read() as Buffer | null) ?? Buffer.alloc(0);
			waiting = Buffer.concat([waiting, chunk]);
			if (waiting.length < size) await once(socket, 'readable');
		}
		const taken = waiting.subarray(0, size);
		waiting = waiting.subarray(size);
		return taken;
	};
}

const addresses = {1: [1, 127, 0, 0, 1], 3: [3, 4, ...Buffer.from('here')], 4: [4, ...Array<number>(16).fill(0)]};

/** Starts a SOCKS 5 proxy on loopback that sends byte by byte, as a bad connection may. */
export async function startSocksServer({to, login, refusal, boundAddressType = 1}: SocksOptions): Promise<SocksServer> {
	const requests: string[] = [];
	const sockets = new Set<Socket>();

	async function serve(client: Socket): Promise<void> {
		const take = reader(client);
		const send = async (...bytes: readonly number[]) => {
			for (const byte of bytes) {
				client.write(Buffer.from([byte]));
				await new Promise(resolve => setImmediate(resolve));
			}
		};
		const text = async () => (await take((await take(1))[0] ?? 0)).toString();
		const [, count = 0] = await take(2);
		const methods = [...(await take(count))];
		const method = login === undefined ? 0 : 2;
		if (!methods.includes(method)) return void (await send(5, 255));
		await send(5, method);
		let user = '';
		if (login !== undefined) {
			await take(1);
			user = await text();
			const accepted = user === login.user && (await text()) === login.password;
			await send(1, accepted ? 0 : 1);
			if (!accepted) return void client.end();
		}
		await take(4);
		const name = await text();
		requests.push(`${name}:${(await take(2)).readUInt16BE()}${user === '' ? '' : ` as ${user}`}`);
		await send(5, refusal ?? 0, 0, ...addresses[boundAddressType], 0, 80);
		if (refusal !== undefined) return void client.end();
		const server = connect(to, '127.0.0.1');
		sockets.add(server);
		server.on('error', () => client.destroy());
		client.pipe(server).pipe(client);
	}

	const listening = createServer(client => {
		sockets.add(client);
		client.on('error', () => {});
		serve(client).catch(() => client.destroy());
	});
	listening.listen(0, '127.0.0.1');
	await once(listening, 'listening');
	return {
		address: `127.0.0.1:${(listening.address() as AddressInfo).port}`,
		requests,
		close() {
			for (const socket of sockets) socket.destroy();
			listening.close();
		},
	};
}

import {once} from 'node:events';
import {type AddressInfo, createServer, type Socket} from 'node:net';

export type FakeTcpServer = {readonly host: string; readonly port: number; close(): void};

/** Something on a port of its own that speaks as `talk` says. */
export async function startFakeTcpServer(talk: (socket: Socket) => void): Promise<FakeTcpServer> {
	const sockets = new Set<Socket>();
	const server = createServer(socket => {
		sockets.add(socket);
		socket.on('error', () => {});
		talk(socket);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		host: '127.0.0.1',
		port: (server.address() as AddressInfo).port,
		close() {
			for (const socket of sockets) socket.destroy();
			server.close();
		},
	};
}

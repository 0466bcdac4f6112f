import {readFileSync} from 'node:fs';
import {type AddressInfo, createServer, type Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {createSecureContext, TLSSocket} from 'node:tls';
import type {CertificateFiles} from '../../estate/certificates.ts';

/** The authentication request that the fake server sends; `nothing` accepts every client. */
export type AuthenticationRequest = 'cleartext' | 'md5' | 'scram' | 'nothing';

export type FakePostgresServer = {
	readonly host: string;
	readonly port: number;
	/** Everything that clients sent, after decryption. */
	received(): string;
	close(): Promise<void>;
};

const message = (code: string, body: Buffer): Buffer => {
	const head = Buffer.alloc(5);
	head.write(code, 0, 'latin1');
	head.writeInt32BE(body.length + 4, 1);
	return Buffer.concat([head, body]);
};

const authentication = (kind: number, ...more: readonly Buffer[]): Buffer => {
	const word = Buffer.alloc(4);
	word.writeInt32BE(kind);
	return message('R', Buffer.concat([word, ...more]));
};

/** https://www.postgresql.org/docs/current/protocol-message-formats.html */
const requests: Readonly<Record<AuthenticationRequest, Buffer>> = {
	cleartext: authentication(3),
	md5: authentication(5, Buffer.from('salt')),
	scram: authentication(10, Buffer.from('SCRAM-SHA-256\0\0')),
	nothing: Buffer.concat([authentication(0), message('K', Buffer.alloc(8)), message('Z', Buffer.from('I'))]),
};

const refusal = message('E', Buffer.from('SFATAL\0C28P01\0Mno\0\0'));

const sslRequest = 80877103;

/** Takes the place of a PostgreSQL server on an address of loopback. Without a certificate it refuses TLS. */
export async function startFakePostgresServer(
	host: string,
	authentication: AuthenticationRequest,
	certificate?: CertificateFiles,
): Promise<FakePostgresServer> {
	const chunks: Buffer[] = [];
	const sockets = new Set<Socket>();
	function serve(stream: Duplex): void {
		stream.on('error', () => {});
		stream.once('data', (startup: Buffer) => {
			chunks.push(startup);
			stream.on('data', (chunk: Buffer) => {
				chunks.push(chunk);
				if (chunk.toString('latin1', 0, 1) === 'p') stream.end(refusal);
			});
			stream.write(requests[authentication]);
		});
	}
	const server = createServer(socket => {
		sockets.add(socket);
		socket.on('error', () => {});
		socket.once('data', first => {
			if (first.length !== 8 || first.readInt32BE(4) !== sslRequest) {
				serve(socket);
				socket.emit('data', first);
				return;
			}
			if (certificate === undefined) {
				socket.write('N');
				serve(socket);
				return;
			}
			socket.write('S');
			const [cert, key] = [certificate.cert, certificate.key].map(path => readFileSync(path));
			serve(new TLSSocket(socket, {isServer: true, secureContext: createSecureContext({cert, key})}));
		});
	});
	await new Promise<void>(resolve => server.listen(0, host, resolve));
	return {
		host,
		port: (server.address() as AddressInfo).port,
		received: () => Buffer.concat(chunks).toString('latin1'),
		async close() {
			for (const socket of sockets) socket.destroy();
			await new Promise(resolve => server.close(resolve));
		},
	};
}

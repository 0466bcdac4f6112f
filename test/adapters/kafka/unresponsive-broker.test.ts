import {createServer, connect as dial, type Socket} from 'node:net';
import {afterEach, describe, expect, test} from 'vitest';
import {describeKafka} from '../../estate/describe-server.ts';
import {makeTopic, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {startFakeTcpServer} from '../../faults/fake-tcp-server.ts';
import {type FaultProxy, startFaultProxy, startSilentListener} from '../../faults/fault-proxy.ts';
import {
	closeKafkaClients,
	connectKafkaClient,
	listenersOf,
	readUntil,
	rejectionOf,
	settingsFor,
	testContext,
	uniqueName,
	writeContext,
} from './kafka-fixture.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
	closeKafkaClients();
	for (const end of ends.splice(0)) await end();
});

/** Something that is not a broker, on a port of its own. */
async function listen(talk: (socket: Socket) => void): Promise<{host: string; port: number}> {
	const server = await startFakeTcpServer(talk);
	ends.push(server.close);
	return server;
}

describe('a broker that is down or does not answer', () => {
	test('is unreachable at once when its port refuses connections', async () => {
		const {port} = connectKafkaClient(settingsFor({host: '127.0.0.1', port: 1}));
		expect(await rejectionOf(port.cluster(testContext))).toMatchObject({
			kind: 'unreachable',
			message: '127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
			hint: 'Nothing listens there: start the broker, or correct host and port.',
		});
	});

	test('runs into the timeout of the connection when it accepts and stays silent', async () => {
		const silent = await startSilentListener();
		ends.push(() => silent.close());
		const {port} = connectKafkaClient(settingsFor(silent));
		expect(await rejectionOf(port.groups(testContext))).toMatchObject({
			kind: 'timeout',
			message: `127.0.0.1:${silent.port} did not answer a connection in time`,
		});
	});

	test('is not waited for when it announces a response of a gigabyte', async () => {
		const huge = Buffer.alloc(4);
		huge.writeInt32BE(1 << 30);
		const {port} = connectKafkaClient(settingsFor(await listen(socket => socket.on('data', () => socket.write(huge)))));
		expect(await rejectionOf(port.groups(testContext))).toMatchObject({
			kind: 'malformed',
			message: expect.stringContaining('it announces a response of 1073741824 bytes, and 104857600 is the maximum'),
		});
	});

	test('does not delay an abort or close while it is silent', async () => {
		const silent = await startSilentListener();
		ends.push(() => silent.close());
		const client = connectKafkaClient(settingsFor(silent, {connectTimeoutMs: 600_000}));
		const abort = new AbortController();
		const read = rejectionOf(client.port.groups({...testContext, signal: abort.signal}));
		abort.abort();
		expect((await read).kind).toBe('timeout');
		const other = rejectionOf(client.port.groups(testContext));
		client.close();
		client.close();
		expect((await other).kind).toBe('unreachable');
		expect((await rejectionOf(client.port.groups(testContext))).kind).toBe('unreachable');
	});

	test.each([
		['hangs up', (socket: Socket) => socket.destroy(), 'unreachable', /`tls` or `sasl`/],
		['speaks HTTP', (socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'malformed', /`tls`/],
		['claims an answer of no length', (socket: Socket) => socket.write(Buffer.alloc(4)), 'malformed', /`tls`/],
		[
			'answers another request',
			(socket: Socket) => socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 99])),
			'malformed',
			/`tls`/,
		],
		['answers half', (socket: Socket) => socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 1])), 'malformed', /proxy/],
		[
			'answers part of a length and no more',
			(socket: Socket) => socket.write(Buffer.from([0, 0])),
			'timeout',
			/busy or hangs/,
		],
	])('is reported as such when it %s', async (_, talk, kind, hint) => {
		const {port} = connectKafkaClient(settingsFor(await listen(socket => void talk(socket))));
		expect(await rejectionOf(port.cluster(testContext))).toMatchObject({kind, hint: expect.stringMatching(hint)});
	});

	test('is named when it is too old for every request', async () => {
		// ApiVersions, with ApiVersions alone.
		const answer = Buffer.from([0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 18, 0, 0, 0, 0]);
		const at = await listen(socket => socket.once('data', () => socket.write(answer)));
		const error = await rejectionOf(connectKafkaClient(settingsFor(at)).port.cluster(testContext));
		expect(error).toMatchObject({kind: 'unsupported', message: expect.stringMatching(/does not support Metadata/)});
	});
});

describeKafka('kafka-4', 'a bad link', server => {
	const {faulty} = listenersOf(server);

	/** Where the broker says that it is, with faults to come. */
	async function proxied(): Promise<FaultProxy> {
		const proxy = await startFaultProxy({host: server.host, port: faulty.port}, faulty.advertisedPort);
		ends.push(() => proxy.close());
		return proxy;
	}

	test('the second address is used when the first is silent, or refuses', async () => {
		const silent = await startSilentListener();
		ends.push(() => silent.close());
		for (const bad of [silent, {host: '127.0.0.1', port: 1}]) {
			const {port} = connectKafkaClient(settingsFor([{host: bad.host, port: bad.port}, server]));
			expect((await port.cluster(testContext)).brokers).toHaveLength(1);
		}
	});

	test('an address that only the brokers gave, and that cannot be reached, is reported as such', async () => {
		// Nothing listens at the address that this listener advertises.
		const {port} = connectKafkaClient(settingsFor({host: server.host, port: faulty.port}));
		expect((await port.cluster(testContext)).brokers).toMatchObject([{port: faulty.advertisedPort}]);
		expect(await rejectionOf(port.groups(testContext))).toMatchObject({
			kind: 'unreachable',
			message: expect.stringContaining(`${server.host}:${faulty.advertisedPort}`),
			hint: expect.stringMatching(/advertised\.listeners/),
		});
	});

	test('every figure is the same when it is slow, jittery and byte by byte', async () => {
		const topic = uniqueName('slow');
		const group = uniqueName('slow');
		await makeTopic(server, topic, 2);
		await produceCount(server, topic, 20);
		await stoppedGroup(server, group, topic, [{partition: 0, offset: 2}]);
		const proxy = await proxied();
		const read = async (at: {host: string; port: number}) => {
			const {port} = connectKafkaClient(settingsFor(at, {connectTimeoutMs: 20_000, requestTimeoutMs: 20_000}));
			const partitions = [0, 1].map(partition => ({topic, partition}));
			return {
				committed: await port.committed([group], testContext),
				ends: await port.offsets(partitions, 'latest', testContext),
				messages: await port.peek({topic, partition: 0, offset: 0}, {messages: 3, bytes: 10_000}, testContext),
				topics: await port.topics([topic], testContext),
			};
		};
		const straight = await read(server);
		await proxy.set({latencyMs: 20, jitterMs: 20, chunkBytes: 7});
		expect(await read(proxy)).toEqual(straight);
		expect(proxy.accepted).toBeGreaterThan(0);
	});

	/** Forwards everything except the responses to one kind of request. Resolves with a function that returns how many of those were requested. */
	async function swallowing(key: number): Promise<() => number> {
		let seen = 0;
		const relay = createServer(client => {
			const broker = dial({host: server.host, port: faulty.port});
			let isSwallowed = false;
			client.on('error', () => broker.destroy());
			broker.on('error', () => client.destroy());
			client.on('close', () => broker.destroy());
			client.on('data', bytes => {
				// One request at a time is under way on a connection for an act.
				if (bytes.length > 6 && bytes.readInt16BE(4) === key) {
					seen++;
					isSwallowed = true;
				}
				broker.write(bytes);
			});
			broker.on('data', bytes => {
				if (!isSwallowed) client.write(bytes);
			});
		});
		await new Promise<void>(resolve => relay.listen(faulty.advertisedPort, '127.0.0.1', resolve));
		ends.push(() => relay.close());
		return () => seen;
	}

	test('an action whose response is lost has an unknown outcome, and is not sent again', async () => {
		const topic = uniqueName('lost');
		const group = uniqueName('lost');
		await makeTopic(server, topic);
		await produceCount(server, topic, 10);
		await stoppedGroup(server, group, topic, [{partition: 0, offset: 2}]);
		const offsetCommit = 8;
		const commits = await swallowing(offsetCommit);
		const {port} = connectKafkaClient(settingsFor({host: server.host, port: faulty.advertisedPort}));
		const change = {group, offsets: [{topic, partition: 0, offset: 7, metadata: ''}]};
		const error = await rejectionOf(port.commitOffsets(change, writeContext));
		expect(error).toMatchObject({kind: 'timeout', harmless: false});
		expect(commits()).toBe(1);
		expect((await port.committed([group], testContext)).read[0]?.offsets).toMatchObject([{offset: 7}]);
		expect(commits()).toBe(1);
	});

	test('a broker that is stopped and continued is read again by the same client', async () => {
		const client = connectKafkaClient(settingsFor(server));
		await client.port.groups(testContext);
		const [node] = server.nodes;
		if (node === undefined) throw new Error('no broker');
		process.kill(node.pid, 'SIGSTOP');
		try {
			const errors = await Promise.all([
				rejectionOf(client.port.groups(testContext)),
				rejectionOf(client.port.cluster(testContext)),
				rejectionOf(client.port.topics(undefined, testContext)),
			]);
			expect(errors.map(error => error.kind)).toEqual(['timeout', 'timeout', 'timeout']);
			expect((await rejectionOf(connectKafkaClient(settingsFor(server)).port.cluster(testContext))).kind).toBe(
				'timeout',
			);
		} finally {
			process.kill(node.pid, 'SIGCONT');
		}
		const healed = await readUntil(
			() => client.port.groups(testContext).catch(() => undefined),
			answer => answer !== undefined,
		);
		expect(healed?.failed).toEqual([]);
	});
});

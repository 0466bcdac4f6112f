import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import type {KafkaMessage} from '../../../src/port/kafka.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {kafkaClient, withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {makeTopic, produce, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {
	closeKafkaClients,
	connectKafkaClient,
	rejectionOf,
	settingsFor,
	testContext,
	uniqueName,
} from './kafka-fixture.ts';
import {openKafka} from './kafka-system-fixture.ts';

afterEach(closeKafkaClients);

const text = (bytes: Uint8Array | undefined): string | undefined =>
	bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');

const plain = ({offset, key, value}: KafkaMessage) => ({offset, key: text(key), value: text(value)});

/** Kafka's own producer, which compresses with its own codecs. */
function produceByTool(server: KafkaServer, topic: string, codec: string, lines: readonly string[]): void {
	const program = server.version.startsWith('3.')
		? 'kafka.tools.ConsoleProducer'
		: 'org.apache.kafka.tools.ConsoleProducer';
	const at = ['--bootstrap-server', `${server.host}:${server.port}`, '--topic', topic];
	const args = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', join(server.jars, '*'), program];
	const done = spawnSync('java', [...args, ...at, '--compression-codec', codec, '--batch-size', '200000'], {
		input: `${lines.join('\n')}\n`,
		encoding: 'utf8',
	});
	if (done.status !== 0) throw new Error(`${program}: ${done.stderr}`);
}

for (const name of ['kafka-4', 'kafka-3.9'] as const) {
	describeKafka(name, 'messages', server => {
		test.each(['gzip', 'snappy', 'lz4', 'zstd'])(
			'compressed with %s by its own producer are what was written',
			async codec => {
				const topic = uniqueName(codec);
				await makeTopic(server, topic);
				// Some that repeat, some that cannot be compressed, and more than one block of any codec.
				const lines = Array.from({length: 400}, (_, at) =>
					at % 3 === 0
						? `${at} ${'the same again '.repeat(at)}`
						: `${at} ${Array.from({length: 40}, () => Math.random().toString(36)).join('')}`,
				);
				produceByTool(server, topic, codec, lines);
				const {port} = connectKafkaClient(settingsFor(server));
				const read = await port.peek(
					{topic, partition: 0, offset: 0},
					{messages: 1000, bytes: 50_000_000},
					testContext,
				);
				expect(read.map(message => text(message.value))).toEqual(lines);
				// From the middle of a batch on.
				const some = await port.peek({topic, partition: 0, offset: 123}, {messages: 2, bytes: 50_000_000}, testContext);
				expect(some.map(plain)).toEqual([123, 124].map(at => ({offset: at, key: undefined, value: lines[at]})));
			},
		);

		test('keep keys, bytes, empty and missing values, times, and headers in their order, also twice', async () => {
			const topic = uniqueName('shapes');
			await makeTopic(server, topic);
			const bytes = Buffer.from([0, 255, 128, 10, 13]);
			await produce(server, topic, [
				{key: 'k1', value: 'v1', timestamp: '1700000000000', headers: {b: 'first', a: ['one', 'two']}},
				{key: bytes, value: null, timestamp: '1700000000001'},
				{key: null, value: '', timestamp: '1700000000002'},
			]);
			const {port} = connectKafkaClient(settingsFor(server));
			const read = await port.peek({topic, partition: 0, offset: 0}, {messages: 10, bytes: 100_000}, testContext);
			expect(read.map(plain)).toEqual([
				{offset: 0, key: 'k1', value: 'v1'},
				{offset: 1, key: bytes.toString('utf8'), value: undefined},
				{offset: 2, key: undefined, value: ''},
			]);
			expect(Buffer.from(read[1]?.key ?? [])).toEqual(bytes);
			expect(read.map(message => message.timestamp)).toEqual([1700000000000, 1700000000001, 1700000000002]);
			expect(read[0]?.headers.map(({name: header, value}) => [header, text(value)])).toEqual([
				['b', 'first'],
				['a', 'one'],
				['a', 'two'],
			]);
		});

		test('stop at the requested limit, and at the end', async () => {
			const topic = uniqueName('limits');
			await makeTopic(server, topic);
			await produceCount(server, topic, 50);
			const {port} = connectKafkaClient(settingsFor(server));
			const offsets = async (offset: number, messages: number, bytes = 1_000_000) =>
				(await port.peek({topic, partition: 0, offset}, {messages, bytes}, testContext)).map(one => one.offset);
			expect(await offsets(7, 3)).toEqual([7, 8, 9]);
			expect(await offsets(48, 10)).toEqual([48, 49]);
			expect(await offsets(50, 10)).toEqual([]);
			// A message is shown although it alone is larger than the limit.
			expect(await offsets(0, 1, 1)).toEqual([0]);
			const error = await rejectionOf(offsets(51, 1));
			expect(error).toMatchObject({kind: 'conflict', message: expect.stringMatching(/it holds 0 to 50/)});
		});

		test('before the start of the log are refused with the offset where it starts', async () => {
			const topic = uniqueName('cut');
			await makeTopic(server, topic);
			await produceCount(server, topic, 20);
			await withKafkaAdmin(server, async admin => {
				// Otherwise the client does not know the leader.
				await admin.fetchTopicOffsets(topic);
				await admin.deleteTopicRecords({topic, partitions: [{partition: 0, offset: '5'}]});
			});
			const {port} = connectKafkaClient(settingsFor(server));
			const peek = (offset: number) =>
				port.peek({topic, partition: 0, offset}, {messages: 1, bytes: 10_000}, testContext);
			expect((await rejectionOf(peek(0))).message).toMatch(/it holds 5 to 20/);
			expect((await peek(5)).map(one => one.offset)).toEqual([5]);
		});

		test('skip transaction markers', async () => {
			const topic = uniqueName('transaction');
			await makeTopic(server, topic);
			const producer = kafkaClient(server, undefined, 10).producer({transactionalId: topic, maxInFlightRequests: 1});
			await producer.connect();
			try {
				for (const word of ['one', 'two']) {
					const transaction = await producer.transaction();
					await transaction.send({topic, messages: [{value: word}]});
					await transaction.commit();
				}
			} finally {
				await producer.disconnect();
			}
			const {port} = connectKafkaClient(settingsFor(server));
			const read = await port.peek({topic, partition: 0, offset: 0}, {messages: 10, bytes: 100_000}, testContext);
			expect(read.map(plain)).toEqual([
				{offset: 0, key: undefined, value: 'one'},
				{offset: 2, key: undefined, value: 'two'},
			]);
			expect(await port.peek({topic, partition: 0, offset: 3}, {messages: 1, bytes: 10_000}, testContext)).toEqual([]);
		});

		test('create no group', async () => {
			const topic = uniqueName('traceless');
			await makeTopic(server, topic);
			await produceCount(server, topic, 5);
			const groups = async () =>
				(await withKafkaAdmin(server, admin => admin.listGroups())).groups.map(one => one.groupId).sort();
			const before = await groups();
			await connectKafkaClient(settingsFor(server)).port.peek(
				{topic, partition: 0, offset: 0},
				{messages: 5, bytes: 10_000},
				testContext,
			);
			expect(await groups()).toEqual(before);
		});

		test('are shown from an offset, a time, or where the group is', async () => {
			const topic = uniqueName('places');
			await makeTopic(server, topic);
			const began = Date.now() - 3_600_000;
			const messages = ['zero', 'one', 'two', 'three'].map((value, at) => ({
				value,
				timestamp: String(began + at * 600_000),
			}));
			await produce(server, topic, messages);
			await stoppedGroup(server, topic, topic, [{partition: 0, offset: 3}]);
			const kafka = await openKafka(settingsFor(server));
			const row = await kafka.lag(topic);
			if (row === undefined) throw new Error('the group has no row');
			const first = async (from: string) => {
				const text = await kafka.inspect('kafka.messages', row, {partition: '0', from});
				return messages.map(({value}) => value).find(value => new RegExp(`^\\s+${value}$`, 'm').test(text));
			};
			expect(await first('committed')).toBe('three');
			expect(await first('-1')).toBe('two');
			expect(await first('1')).toBe('one');
			expect(await first('earliest')).toBe('zero');
			expect(await first(new Date(began + 1_100_000).toISOString())).toBe('two');
			expect(await first('-55m')).toBe('one');
			await kafka.close();
		});

		test('of a topic or a partition that does not exist are refused with that reason', async () => {
			const topic = uniqueName('short');
			await makeTopic(server, topic);
			const {port} = connectKafkaClient(settingsFor(server));
			const peek = (from: string, partition: number) =>
				port.peek({topic: from, partition, offset: 0}, {messages: 1, bytes: 10_000}, testContext);
			expect(await rejectionOf(peek('not-there', 0))).toMatchObject({kind: 'conflict'});
			expect(await rejectionOf(peek(topic, 4))).toMatchObject({kind: 'conflict'});
		});
	});
}

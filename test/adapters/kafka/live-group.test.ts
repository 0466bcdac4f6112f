import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import type {KafkaClient} from '../../../adapters/kafka/client.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import {
	classicMember,
	javaMember,
	makeTopic,
	produce,
	produceCount,
	type RunningMember,
	stoppedGroup,
} from '../../estate/kafka/kafka-load.ts';
import {
	brokerAddresses,
	closeKafkaClients,
	connectKafkaClient,
	describeNamed,
	readUntil,
	rejectionOf,
	settingsFor,
	testContext,
	uniqueName,
	writeContext,
} from './kafka-fixture.ts';

afterEach(closeKafkaClients);

/** The reads of an hour, one each five seconds. */
const pollsOfAnHour = 720;

/** Reads everything of a group that the poller reads, and once what only an inspection reads. */
async function readAll({port}: KafkaClient, group: string, topic: string): Promise<void> {
	const {read} = await port.groups(testContext);
	await port.describe(
		read.filter(one => one.group === group),
		testContext,
	);
	await port.committed([group], testContext);
	await port.topics([topic], testContext);
	await port.offsets([{topic, partition: 0}], 'latest', testContext);
	await port.offsets([{topic, partition: 0}], 'earliest', testContext);
	await port.peek({topic, partition: 0, offset: 0}, {messages: 2, bytes: 10_000}, testContext);
	await port.permissions(testContext);
}

const offsetOf = async ({port}: KafkaClient, group: string): Promise<number | undefined> => {
	const {read} = await port.committed([group], testContext);
	return read[0]?.offsets.find(one => one.partition === 0)?.offset;
};

for (const name of ['kafka-4', 'kafka-3.9'] as const) {
	describeKafka(name, 'a live group', server => {
		const topic = uniqueName('live');
		const group = uniqueName('live');
		let member: RunningMember;

		beforeAll(async () => {
			await makeTopic(server, topic, 2);
			await produceCount(server, topic, 20);
			member = await classicMember(server, {group, topics: [topic]});
			const client = connectKafkaClient(settingsFor(brokerAddresses(server)));
			await readUntil(
				() => client.port.committed([group], testContext),
				({read}) => read[0]?.offsets.reduce((sum, one) => sum + one.offset, 0) === 20,
			);
			await readUntil(
				async () => member.generation(),
				generation => generation >= 0,
			);
		});
		afterAll(() => member.stop());

		test('keeps its members and its generation through as many reads as an hour has', async () => {
			const client = connectKafkaClient(settingsFor(server));
			const generation = member.generation();
			const before = await describeNamed(client, [group]);
			for (let turn = 0; turn < pollsOfAnHour; turn++) await readAll(client, group, topic);
			expect(await describeNamed(client, [group])).toEqual(before);
			expect({rebalances: member.rebalances(), generation: member.generation()}).toEqual({rebalances: 1, generation});
		});

		test('is not changed by any action: the brokers refuse them', async () => {
			const client = connectKafkaClient(settingsFor(server));
			const generation = member.generation();
			const before = await describeNamed(client, [group]);
			const offset = await offsetOf(client, group);
			for (let turn = 0; turn < 5; turn++) {
				const change = {group, offsets: [{topic, partition: 0, offset: 1, metadata: 'x'}]};
				expect(await rejectionOf(client.port.commitOffsets(change, writeContext))).toMatchObject({
					kind: 'conflict',
					message: expect.stringMatching(/has members/),
				});
				const drop = {group, partitions: [{topic, partition: 0}]};
				expect(await rejectionOf(client.port.deleteOffsets(drop, writeContext))).toMatchObject({kind: 'conflict'});
			}
			expect(await offsetOf(client, group)).toBe(offset);
			expect(await describeNamed(client, [group])).toEqual(before);
			// It reads on as the same member of the same generation.
			const read = member.messages();
			await produce(server, topic, [{value: 'one more'}]);
			await readUntil(
				async () => member.messages(),
				messages => messages > read,
			);
			expect({rebalances: member.rebalances(), generation: member.generation()}).toEqual({rebalances: 1, generation});
		});
	});

	describeKafka(name, 'a stopped group', server => {
		test('stores offsets with their metadata, returns them, and loses those that are deleted', async () => {
			const topic = uniqueName('stopped');
			const group = uniqueName('stopped');
			await makeTopic(server, topic, 3);
			await produceCount(server, topic, 30);
			await stoppedGroup(server, group, topic, [{partition: 0, offset: 3}]);
			const {port} = connectKafkaClient(settingsFor(server));
			const offsets = [
				{topic, partition: 0, offset: 1, metadata: 'a note: äöü'},
				{topic, partition: 1, offset: 0, metadata: ''},
			];
			const readBack = async () => {
				const {read} = await port.committed([group], testContext);
				return (read[0]?.offsets ?? [])
					.map(({leaderEpoch: _, ...one}) => one)
					.toSorted((a, b) => a.partition - b.partition);
			};
			await port.commitOffsets({group, offsets}, writeContext);
			expect(await readBack()).toEqual(offsets);
			await port.deleteOffsets({group, partitions: [{topic, partition: 1}]}, writeContext);
			expect(await readBack()).toEqual(offsets.slice(0, 1));
		});

		test('has an unknown outcome after a commit that only some partitions accepted', async () => {
			const topic = uniqueName('partly');
			const group = uniqueName('partly');
			await makeTopic(server, topic, 1);
			await stoppedGroup(server, group, topic, [{partition: 0, offset: 0}]);
			const {port} = connectKafkaClient(settingsFor(server));
			const offsets = [0, 7].map(partition => ({topic, partition, offset: 0, metadata: 'x'}));
			const error = await rejectionOf(port.commitOffsets({group, offsets}, writeContext));
			expect(error.harmless).toBe(false);
			expect(error.message).toMatch(new RegExp(`1 of 2 partitions were refused \\(${topic}/7\\)`));
		});

		test('is sent nothing by a read-only connection', async () => {
			const topic = uniqueName('untouched');
			const group = uniqueName('untouched');
			await makeTopic(server, topic, 1);
			await stoppedGroup(server, group, topic, [{partition: 0, offset: 0}]);
			const {port} = connectKafkaClient(settingsFor(server), {readOnly: true});
			const change = {group, offsets: [{topic, partition: 0, offset: 1, metadata: ''}]};
			expect(await rejectionOf(port.commitOffsets(change, writeContext))).toMatchObject({kind: 'denied'});
			const drop = {group, partitions: [{topic, partition: 0}]};
			expect(await rejectionOf(port.deleteOffsets(drop, writeContext))).toMatchObject({kind: 'denied'});
			expect(await offsetOf(connectKafkaClient(settingsFor(server)), group)).toBe(0);
		});
	});
}

describeKafka('kafka-4', 'a live group of the consumer protocol', server => {
	test('keeps its epoch and members through reads and refused actions', async () => {
		const topic = uniqueName('live848');
		const group = uniqueName('live848');
		await makeTopic(server, topic, 2);
		await produceCount(server, topic, 20);
		const member = javaMember(server, {group, topic, protocol: 'consumer'});
		try {
			const client = connectKafkaClient(settingsFor(server));
			await readUntil(
				() => client.port.committed([group], testContext),
				({read}) => read[0]?.offsets.reduce((sum, one) => sum + one.offset, 0) === 20,
			);
			const before = await describeNamed(client, [group]);
			expect(before).toMatchObject([{type: 'consumer', state: 'Stable', members: [{clientId: 'console-consumer'}]}]);
			for (let turn = 0; turn < pollsOfAnHour; turn++) await readAll(client, group, topic);
			const change = {group, offsets: [{topic, partition: 0, offset: 1, metadata: ''}]};
			expect(await rejectionOf(client.port.commitOffsets(change, writeContext))).toMatchObject({kind: 'conflict'});
			const drop = {group, partitions: [{topic, partition: 0}]};
			expect(await rejectionOf(client.port.deleteOffsets(drop, writeContext))).toMatchObject({kind: 'conflict'});
			expect(await describeNamed(client, [group])).toEqual(before);
		} finally {
			await member.stop();
		}
	});
});

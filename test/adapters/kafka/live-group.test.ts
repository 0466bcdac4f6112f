import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import type {KafkaClient} from '../../../adapters/kafka/client.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import {
	classicMember,
	fill,
	javaMember,
	makeTopic,
	produce,
	type Running,
	stoppedGroup,
} from '../../estate/kafka/kafka-load.ts';
import {
	acting,
	closeAll,
	connect,
	context,
	describeNamed,
	failure,
	nodesOf,
	settingsFor,
	unique,
	until,
} from './kafka-fixture.ts';

afterEach(closeAll);

/** Every five seconds. */
const pollsOfAnHour = 720;

/** Everything that the poller reads of a group, and once what only a person asks for. */
async function readAll({port}: KafkaClient, group: string, topic: string): Promise<void> {
	const {read} = await port.groups(context);
	await port.describe(
		read.filter(one => one.group === group),
		context,
	);
	await port.committed([group], context);
	await port.topics([topic], context);
	await port.offsets([{topic, partition: 0}], 'latest', context);
	await port.offsets([{topic, partition: 0}], 'earliest', context);
	await port.peek({topic, partition: 0, offset: 0}, {messages: 2, bytes: 10_000}, context);
	await port.permissions(context);
}

const offsetOf = async ({port}: KafkaClient, group: string): Promise<number | undefined> => {
	const {read} = await port.committed([group], context);
	return read[0]?.offsets.find(one => one.partition === 0)?.offset;
};

for (const name of ['kafka-4', 'kafka-3.9'] as const) {
	describeKafka(name, 'a live group', server => {
		const topic = unique('live');
		const group = unique('live');
		let member: Running;

		beforeAll(async () => {
			await makeTopic(server, topic, 2);
			await fill(server, topic, 20);
			member = await classicMember(server, {group, topics: [topic]});
			const client = connect(settingsFor(nodesOf(server)));
			await until(
				() => client.port.committed([group], context),
				({read}) => read[0]?.offsets.reduce((sum, one) => sum + one.offset, 0) === 20,
			);
			await until(
				async () => member.generation(),
				generation => generation >= 0,
			);
		});
		afterAll(() => member.stop());

		test('keeps its members and its generation through as many reads as an hour has', async () => {
			const client = connect(settingsFor(server));
			const generation = member.generation();
			const before = await describeNamed(client, [group]);
			for (let turn = 0; turn < pollsOfAnHour; turn++) await readAll(client, group, topic);
			expect(await describeNamed(client, [group])).toEqual(before);
			expect({rebalances: member.rebalances(), generation: member.generation()}).toEqual({rebalances: 1, generation});
		});

		test('is left alone by every act, which the brokers refuse', async () => {
			const client = connect(settingsFor(server));
			const generation = member.generation();
			const before = await describeNamed(client, [group]);
			const offset = await offsetOf(client, group);
			for (let turn = 0; turn < 5; turn++) {
				const change = {group, offsets: [{topic, partition: 0, offset: 1, metadata: 'x'}]};
				expect(await failure(client.port.commitOffsets(change, acting))).toMatchObject({
					kind: 'conflict',
					message: expect.stringMatching(/has members/),
				});
				const drop = {group, partitions: [{topic, partition: 0}]};
				expect(await failure(client.port.deleteOffsets(drop, acting))).toMatchObject({kind: 'conflict'});
			}
			expect(await offsetOf(client, group)).toBe(offset);
			expect(await describeNamed(client, [group])).toEqual(before);
			// It reads on as the same member of the same generation.
			const read = member.messages();
			await produce(server, topic, [{value: 'one more'}]);
			await until(
				async () => member.messages(),
				messages => messages > read,
			);
			expect({rebalances: member.rebalances(), generation: member.generation()}).toEqual({rebalances: 1, generation});
		});
	});

	describeKafka(name, 'a stopped group', server => {
		test('takes offsets with their notes, gives them back, and loses those that are taken away', async () => {
			const topic = unique('stopped');
			const group = unique('stopped');
			await makeTopic(server, topic, 3);
			await fill(server, topic, 30);
			await stoppedGroup(server, group, topic, [{partition: 0, offset: 3}]);
			const {port} = connect(settingsFor(server));
			const offsets = [
				{topic, partition: 0, offset: 1, metadata: 'a note: äöü'},
				{topic, partition: 1, offset: 0, metadata: ''},
			];
			const readBack = async () => {
				const {read} = await port.committed([group], context);
				return (read[0]?.offsets ?? [])
					.map(({leaderEpoch: _, ...one}) => one)
					.toSorted((a, b) => a.partition - b.partition);
			};
			await port.commitOffsets({group, offsets}, acting);
			expect(await readBack()).toEqual(offsets);
			await port.deleteOffsets({group, partitions: [{topic, partition: 1}]}, acting);
			expect(await readBack()).toEqual(offsets.slice(0, 1));
		});

		test('a commit that only some partitions took is neither done nor undone', async () => {
			const topic = unique('partly');
			const group = unique('partly');
			await makeTopic(server, topic, 1);
			await stoppedGroup(server, group, topic, [{partition: 0, offset: 0}]);
			const {port} = connect(settingsFor(server));
			const offsets = [0, 7].map(partition => ({topic, partition, offset: 0, metadata: 'x'}));
			const error = await failure(port.commitOffsets({group, offsets}, acting));
			expect(error.harmless).toBe(false);
			expect(error.message).toMatch(new RegExp(`1 of 2 partitions were refused \\(${topic}/7\\)`));
		});

		test('a read-only connection sends nothing', async () => {
			const topic = unique('untouched');
			const group = unique('untouched');
			await makeTopic(server, topic, 1);
			await stoppedGroup(server, group, topic, [{partition: 0, offset: 0}]);
			const {port} = connect(settingsFor(server), {readOnly: true});
			const change = {group, offsets: [{topic, partition: 0, offset: 1, metadata: ''}]};
			expect(await failure(port.commitOffsets(change, acting))).toMatchObject({kind: 'denied'});
			const drop = {group, partitions: [{topic, partition: 0}]};
			expect(await failure(port.deleteOffsets(drop, acting))).toMatchObject({kind: 'denied'});
			expect(await offsetOf(connect(settingsFor(server)), group)).toBe(0);
		});
	});
}

describeKafka('kafka-4', 'a live group of the consumer protocol', server => {
	test('is not disturbed either: its epoch and members stay through reads and refused acts', async () => {
		const topic = unique('live848');
		const group = unique('live848');
		await makeTopic(server, topic, 2);
		await fill(server, topic, 20);
		const member = javaMember(server, {group, topic, protocol: 'consumer'});
		try {
			const client = connect(settingsFor(server));
			await until(
				() => client.port.committed([group], context),
				({read}) => read[0]?.offsets.reduce((sum, one) => sum + one.offset, 0) === 20,
			);
			const before = await describeNamed(client, [group]);
			expect(before).toMatchObject([{type: 'consumer', state: 'Stable', members: [{clientId: 'console-consumer'}]}]);
			for (let turn = 0; turn < pollsOfAnHour; turn++) await readAll(client, group, topic);
			const change = {group, offsets: [{topic, partition: 0, offset: 1, metadata: ''}]};
			expect(await failure(client.port.commitOffsets(change, acting))).toMatchObject({kind: 'conflict'});
			const drop = {group, partitions: [{topic, partition: 0}]};
			expect(await failure(client.port.deleteOffsets(drop, acting))).toMatchObject({kind: 'conflict'});
			expect(await describeNamed(client, [group])).toEqual(before);
		} finally {
			await member.stop();
		}
	});
});

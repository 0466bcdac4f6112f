import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {isAdapterError} from '../../../src/errors.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {withKafkaAdmin} from '../../estate/kafka/kafka.ts';
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
	lagsByTool,
	readUntil,
	settingsFor,
	startsByTool,
	stateByTool,
	testContext,
	uniqueName,
} from './kafka-fixture.ts';

afterEach(closeKafkaClients);

const committedOf = async (server: KafkaServer, group: string) => {
	const client = connectKafkaClient(settingsFor(brokerAddresses(server)));
	await client.port.groups(testContext);
	const {read, failed} = await client.port.committed([group], testContext);
	expect(failed).toEqual([]);
	return (read[0]?.offsets ?? []).toSorted((a, b) => a.partition - b.partition);
};

/** The figures of a group as the adapter reads them, in the format of Kafka's own tool. */
async function lagsByAdapter(server: KafkaServer, group: string) {
	const {port} = connectKafkaClient(settingsFor(brokerAddresses(server)));
	const [{read}, commits] = await Promise.all([port.groups(testContext), committedOf(server, group)]);
	const ends = await port.offsets(commits, 'latest', testContext);
	expect(ends.failed).toEqual([]);
	const described = await port.describe(
		read.filter(name => name.group === group),
		testContext,
	);
	return commits.map(({topic, partition, offset}) => {
		const end = ends.read.find(one => one.topic === topic && one.partition === partition)?.offset ?? Number.NaN;
		const member = described.read[0]?.members.find(one =>
			one.assignment?.some(each => each.topic === topic && each.partition === partition),
		);
		return {topic, partition, committed: offset, end, lag: end - offset, member: member?.id ?? '-'};
	});
}

for (const name of ['kafka-4', 'kafka-3.9'] as const) {
	describeKafka(name, 'reads', server => {
		const topic = uniqueName('orders');
		let reading: RunningMember;
		const groups = {reading: uniqueName('reading'), stopped: uniqueName('stopped')};

		beforeAll(async () => {
			await makeTopic(server, topic, 3);
			await produceCount(server, topic, 90);
			await stoppedGroup(
				server,
				groups.stopped,
				topic,
				[0, 1, 2].map(partition => ({partition, offset: 4 + partition})),
			);
			reading = await classicMember(server, {group: groups.reading, topics: [topic]});
			await readUntil(
				() => committedOf(server, groups.reading),
				commits => commits.reduce((sum, one) => sum + one.offset, 0) === 90,
			);
		});
		afterAll(() => reading.stop());

		test('the cluster is the one that its own metadata names, and it reports its release', async () => {
			const {port} = connectKafkaClient(settingsFor(server));
			const cluster = await port.cluster(testContext);
			const expected = await withKafkaAdmin(server, admin => admin.describeCluster());
			expect(cluster.id).toBe(expected.clusterId);
			expect(cluster.brokers.map(({id, host, port}) => ({nodeId: id, host, port}))).toEqual(
				expected.brokers.map(({nodeId, host, port}) => ({nodeId, host, port})),
			);
			expect(cluster.controller).toBe(expected.controller);
			expect(cluster.version).toBe(name === 'kafka-4' ? '4.1 or newer' : '3.9');
		});

		test('groups are listed with their types and states', async () => {
			const {read, failed} = await connectKafkaClient(settingsFor(server)).port.groups(testContext);
			expect(failed).toEqual([]);
			const expected = await withKafkaAdmin(server, admin => admin.listGroups());
			expect(read.map(({group}) => group).sort()).toEqual(expected.groups.map(({groupId}) => groupId).sort());
			expect(read.find(one => one.group === groups.reading)).toMatchObject({type: 'classic', state: 'Stable'});
			expect(read.find(one => one.group === groups.stopped)).toMatchObject({type: 'classic', state: 'Empty'});
		});

		test.each(['reading', 'stopped'] as const)('a %s group has the figures that its own tool shows', async which => {
			const group = groups[which];
			const byTool = lagsByTool(server, group);
			expect(byTool).toHaveLength(3);
			expect(await lagsByAdapter(server, group)).toEqual(byTool);
			const [described] = await describeNamed(connectKafkaClient(settingsFor(server)), [group]);
			expect({state: described?.state, members: described?.members.length}).toEqual(stateByTool(server, group));
		});

		test('topics have the leaders and replicas that another client sees', async () => {
			const {read, failed} = await connectKafkaClient(settingsFor(server)).port.topics(
				[topic, 'not-there'],
				testContext,
			);
			expect(failed).toMatchObject([{of: 'not-there', problem: expect.stringMatching(/UNKNOWN_TOPIC_OR_PARTITION/)}]);
			const [expected] = (await withKafkaAdmin(server, admin => admin.fetchTopicMetadata({topics: [topic]}))).topics;
			const plain = read[0]?.partitions.map(({partition, leader, replicas, inSync}) => ({
				partition,
				leader,
				replicas,
				inSync,
			}));
			expect(plain?.toSorted((a, b) => a.partition - b.partition)).toEqual(
				expected?.partitions
					.map(({partitionId, leader, replicas, isr}) => ({partition: partitionId, leader, replicas, inSync: isr}))
					.sort((a, b) => a.partition - b.partition),
			);
			const all = await connectKafkaClient(settingsFor(server)).port.topics(undefined, testContext);
			const names = await withKafkaAdmin(server, admin => admin.listTopics());
			expect(all.read.map(one => one.topic).sort()).toEqual(names.sort());
			expect(all.read.find(one => one.topic === '__consumer_offsets')?.internal).toBe(true);
		});

		test('a topic that was deleted and created again has another id', async () => {
			const again = uniqueName('again');
			const {port} = connectKafkaClient(settingsFor(server));
			const idNow = async () => (await port.topics([again], testContext)).read[0]?.id;
			await makeTopic(server, again);
			const before = await idNow();
			await withKafkaAdmin(server, admin => admin.deleteTopics({topics: [again]}));
			await expect.poll(idNow).toBeUndefined();
			await makeTopic(server, again);
			const after = await idNow();
			expect(before).toMatch(/^[\w-]{22}$/);
			expect(after).toMatch(/^[\w-]{22}$/);
			expect(after).not.toBe(before);
		});

		test('offsets at a time are those that another client finds, and the end when there is nothing later', async () => {
			const timed = uniqueName('timed');
			await makeTopic(server, timed);
			const at = 1_700_000_000_000;
			await produce(
				server,
				timed,
				Array.from({length: 10}, (_, n) => ({value: String(n), timestamp: String(at + n * 1000)})),
			);
			await withKafkaAdmin(server, async admin => {
				// Otherwise the client does not know the leader.
				await admin.fetchTopicOffsets(timed);
				await admin.deleteTopicRecords({topic: timed, partitions: [{partition: 0, offset: '3'}]});
			});
			const {port} = connectKafkaClient(settingsFor(server));
			const where = [{topic: timed, partition: 0}];
			const offset = async (spec: Parameters<typeof port.offsets>[1]) =>
				(await port.offsets(where, spec, testContext)).read[0]?.offset;
			expect(await offset('earliest')).toBe(3);
			expect(await offset('latest')).toBe(10);
			for (const after of [4500, 5000, 8999]) {
				const [expected] = await withKafkaAdmin(server, admin => admin.fetchTopicOffsetsByTimestamp(timed, at + after));
				expect(await offset({atOrAfter: at + after})).toBe(Number(expected?.offset));
			}
			expect(await offset({atOrAfter: at + 60_000})).toBe(10);
		});

		test('a partition that does not exist fails alone', async () => {
			const where = [0, 1, 9].map(partition => ({topic, partition}));
			const {read, failed} = await connectKafkaClient(settingsFor(server)).port.offsets(where, 'latest', testContext);
			expect(read.map(one => one.partition).sort()).toEqual([0, 1]);
			expect(failed).toMatchObject([{of: {topic, partition: 9}, problem: expect.stringMatching(/UNKNOWN_TOPIC/)}]);
		});

		test('reading writes no record to any topic, the internal ones included', async () => {
			const {port} = connectKafkaClient(settingsFor(server));
			const ends = () =>
				withKafkaAdmin(server, async admin => {
					const topics = await admin.listTopics();
					return Promise.all(topics.sort().map(async each => [each, await admin.fetchTopicOffsets(each)] as const));
				});
			const before = await ends();
			const {read} = await port.groups(testContext);
			await port.describe(read, testContext);
			await port.committed(
				read.map(({group}) => group),
				testContext,
			);
			await port.topics(undefined, testContext);
			await port.offsets([{topic, partition: 0}], 'latest', testContext);
			await port.peek({topic, partition: 0, offset: 0}, {messages: 5, bytes: 100_000}, testContext);
			await port.permissions(testContext);
			expect(await ends()).toEqual(before);
		});
	});
}

describeKafka('kafka-4', 'the newer kinds of groups', server => {
	const topic = uniqueName('events');
	const names = {consumer: uniqueName('consumer'), share: uniqueName('share')};
	const members: {stop(): Promise<void>}[] = [];

	beforeAll(async () => {
		await makeTopic(server, topic, 2);
		members.push(javaMember(server, {group: names.consumer, topic, protocol: 'consumer'}));
		members.push(javaMember(server, {group: names.share, topic, protocol: 'share'}));
		const client = connectKafkaClient(settingsFor(server));
		const partitions = async () => {
			const found = await describeNamed(client, Object.values(names));
			return found.map(one => one.members.flatMap(each => each.assignment ?? []).length);
		};
		await readUntil(partitions, counts => counts.join() === '2,2');
		// A share group begins at what comes in once it has looked, so that it has to go on coming.
		await readUntil(
			async () => {
				await produceCount(server, topic, 10);
				// The first share group of a cluster has to wait for the brokers to create the topic of its state.
				return committedOf(server, names.share).catch((error: unknown) => {
					if (isAdapterError(error) && error.kind === 'timeout') return [];
					throw error;
				});
			},
			starts => starts.length === 2,
		);
		await readUntil(
			() => lagsByAdapter(server, names.consumer),
			lags => lags.length === 2 && lags.every(one => one.lag === 0 && one.end > 0),
		);
		client.close();
	});
	afterAll(async () => {
		await Promise.all(members.map(each => each.stop()));
	});

	test('a group of the consumer protocol is described with members, partitions and epoch, and never as dead', async () => {
		const [group] = await describeNamed(connectKafkaClient(settingsFor(server)), [names.consumer]);
		expect(group).toMatchObject({type: 'consumer', state: 'Stable', coordinator: 1});
		expect(group?.epoch).toBeGreaterThan(0);
		expect(group?.members).toHaveLength(1);
		expect(await lagsByAdapter(server, names.consumer)).toEqual(lagsByTool(server, names.consumer));
	});

	test('a client that does not know the protocol reports the group as dead', async () => {
		const {groups} = await withKafkaAdmin(server, async admin => {
			await admin.describeCluster();
			return admin.describeGroups(Object.values(names));
		});
		expect(groups.map(({state}) => state)).toEqual(['Dead', 'Dead']);
	});

	test('a share group is described with its start offsets', async () => {
		const [group] = await describeNamed(connectKafkaClient(settingsFor(server)), [names.share]);
		expect(group).toMatchObject({type: 'share', state: 'Stable'});
		const starts = await committedOf(server, names.share);
		expect(starts.map(({partition, offset}) => ({partition, offset}))).toEqual(startsByTool(server, names.share));
	});

	test('without a group nothing is read, and nothing fails', async () => {
		const {port} = connectKafkaClient(settingsFor(server));
		expect(await port.describe([], testContext)).toEqual({read: [], failed: []});
		expect(await port.committed([], testContext)).toEqual({read: [], failed: []});
		expect(await port.offsets([], 'latest', testContext)).toEqual({read: [], failed: []});
		expect(await port.topics([], testContext)).toEqual({read: [], failed: []});
	});
});

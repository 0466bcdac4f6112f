import {afterEach, expect, test} from 'vitest';
import type {KafkaClient} from '../../../adapters/kafka/client.ts';
import type {KafkaPartition} from '../../../src/port/kafka.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {makeTopic, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {
	brokerAddresses,
	closeKafkaClients,
	connectKafkaClient,
	readUntil,
	rejectionOf,
	settingsFor,
	testContext,
	uniqueName,
	writeContext,
} from './kafka-fixture.ts';

const stopped = new Set<number>();

/** Stops a broker by SIGSTOP until `wake`. Never the first one, which is also the controller. */
function freeze(server: KafkaServer, id: number): void {
	const node = server.nodes.find(one => one.id === id);
	if (node === undefined || id === 1) throw new Error(`broker ${id} cannot be stopped`);
	process.kill(node.pid, 'SIGSTOP');
	stopped.add(node.pid);
}

function wake(): void {
	for (const pid of stopped) process.kill(pid, 'SIGCONT');
	stopped.clear();
}

async function partitionsOf({port}: KafkaClient, topic: string): Promise<readonly KafkaPartition[]> {
	return (await port.topics([topic], testContext)).read[0]?.partitions ?? [];
}

/** Waits until all brokers are up and every replica of the cluster is in sync. */
async function healed(server: KafkaServer): Promise<void> {
	wake();
	const {port} = connectKafkaClient(settingsFor(brokerAddresses(server)));
	await readUntil(
		async () => {
			const {brokers} = await port.cluster(testContext);
			const {read} = await port.topics(undefined, testContext);
			const behind = read.flatMap(topic => topic.partitions).filter(one => one.inSync.length < one.replicas.length);
			return {brokers: brokers.length, behind: behind.length};
		},
		({brokers, behind}) => brokers === 3 && behind === 0,
	);
}

describeKafka('kafka-cluster', 'three brokers', server => {
	afterEach(async () => {
		await healed(server);
		closeKafkaClients();
	});

	test('are all queried: groups of each coordinator, and partitions of each leader', async () => {
		const topic = uniqueName('spread');
		await makeTopic(server, topic, 6);
		await produceCount(server, topic, 60);
		const names = Array.from({length: 8}, (_, at) => uniqueName(`spread${at}`));
		for (const group of names) await stoppedGroup(server, group, topic, [{partition: 0, offset: 1}]);
		// By one address only: that broker names the others.
		const {port} = connectKafkaClient(settingsFor(server));
		const {read} = await port.groups(testContext);
		const described = await port.describe(
			read.filter(one => names.includes(one.group)),
			testContext,
		);
		expect(described.read.map(one => one.group).sort()).toEqual([...names].sort());
		expect(new Set(described.read.map(one => one.coordinator)).size).toBeGreaterThan(1);
		expect((await port.committed(names, testContext)).read).toHaveLength(8);
		const partitions = Array.from({length: 6}, (_, partition) => ({topic, partition}));
		const ends = (await port.offsets(partitions, 'latest', testContext)).read.toSorted(
			(a, b) => a.partition - b.partition,
		);
		const expected = await withKafkaAdmin(server, admin => admin.fetchTopicOffsets(topic));
		expect(ends.map(({partition, offset}) => ({partition, offset: String(offset)}))).toEqual(
			expected.map(({partition, offset}) => ({partition, offset})).sort((a, b) => a.partition - b.partition),
		);
		expect(
			new Set((await partitionsOf(connectKafkaClient(settingsFor(server)), topic)).map(one => one.leader)).size,
		).toBe(3);
	});

	test('are read but for what a stopped one alone knows, until the others lead', async () => {
		const topic = uniqueName('moved');
		await makeTopic(server, topic, 6);
		await produceCount(server, topic, 60);
		const client = connectKafkaClient(settingsFor(brokerAddresses(server)));
		const {port} = client;
		const partitions = Array.from({length: 6}, (_, partition) => ({topic, partition}));
		const before = (await port.offsets(partitions, 'latest', testContext)).read;
		expect(before).toHaveLength(6);
		const led = (await partitionsOf(client, topic)).filter(one => one.leader === 3).map(one => one.partition);
		expect(led).not.toEqual([]);

		freeze(server, 3);
		const during = await port.offsets(partitions, 'latest', testContext);
		// Either the cluster noticed it already, or only the partitions that broker 3 leads are missing and reported.
		expect([...during.read, ...during.failed.map(one => one.of)]).toHaveLength(6);
		for (const {of, problem} of during.failed) {
			expect(led).toContain(of.partition);
			expect(problem).toMatch(/did not answer|has no leader|leads the partition now/);
		}

		// The same client finds the new leaders by itself.
		const after = await readUntil(
			() => port.offsets(partitions, 'latest', testContext),
			({read}) => read.length === 6,
		);
		const byPartition = (a: {partition: number}, b: {partition: number}) => a.partition - b.partition;
		expect(after.read.toSorted(byPartition)).toEqual(before.toSorted(byPartition));
		expect((await port.cluster(testContext)).brokers.map(({id}) => id).sort()).toEqual([1, 2]);
		const shrunk = await readUntil(
			() => partitionsOf(client, topic),
			all => all.every(one => !one.inSync.includes(3)),
		);
		for (const one of shrunk) {
			expect(one.leader).not.toBe(3);
			expect(one.replicas).toContain(3);
			expect(one.offline).toEqual([3]);
		}

		await healed(server);
		for (const one of await partitionsOf(client, topic)) expect(one.inSync).toHaveLength(3);
	});

	test('serve a group from its new coordinator when that has moved, to reads and actions', async () => {
		const topic = uniqueName('coordinated');
		await makeTopic(server, topic, 1);
		await produceCount(server, topic, 10);
		const {port} = connectKafkaClient(settingsFor(brokerAddresses(server)));
		const coordinatorOf = async (group: string) => {
			const {read} = await port.describe(
				[{group, type: 'classic', protocolType: 'consumer', state: 'Empty'}],
				testContext,
			);
			return read[0]?.coordinator;
		};
		// A group that broker 2 coordinates, which its name decides.
		let group = '';
		for (let at = 0; at < 40 && group === ''; at++) {
			const name = uniqueName(`coordinated${at}`);
			if ((await coordinatorOf(name)) === 2) group = name;
		}
		expect(group).not.toBe('');
		await stoppedGroup(server, group, topic, [{partition: 0, offset: 3}]);
		expect((await port.committed([group], testContext)).read[0]?.offsets).toMatchObject([{offset: 3}]);

		freeze(server, 2);
		const read = await readUntil(
			() => port.committed([group], testContext).catch(() => undefined),
			answer => answer?.read.length === 1,
		);
		expect(read?.read[0]?.offsets).toMatchObject([{offset: 3}]);
		expect(await coordinatorOf(group)).not.toBe(2);
		await port.commitOffsets({group, offsets: [{topic, partition: 0, offset: 5, metadata: ''}]}, writeContext);
		expect((await port.committed([group], testContext)).read[0]?.offsets).toMatchObject([{offset: 5}]);
		const listed = (await port.groups(testContext)).read.map(one => one.group);
		expect(listed).toContain(group);
	});

	test('report a partition as offline when all its brokers are down, and its messages as unreadable', async () => {
		const topic = uniqueName('alone');
		await withKafkaAdmin(server, async admin => {
			const replicaAssignment = [
				{partition: 0, replicas: [3]},
				{partition: 1, replicas: [1]},
			];
			await admin.createTopics({topics: [{topic, replicaAssignment}], waitForLeaders: true});
		});
		await produceCount(server, topic, 10);
		const client = connectKafkaClient(settingsFor(brokerAddresses(server)));
		const {port} = client;
		const both = [0, 1].map(partition => ({topic, partition}));
		freeze(server, 3);
		const [first] = await readUntil(
			() => partitionsOf(client, topic),
			all => all.some(one => one.leader === undefined),
		);
		expect(first).toMatchObject({partition: 0, leader: undefined, replicas: [3], offline: [3]});
		const {read, failed} = await port.offsets(both, 'latest', testContext);
		expect(read.map(one => one.partition)).toEqual([1]);
		expect(failed).toMatchObject([
			{of: {topic, partition: 0}, problem: expect.stringMatching(/partition 0 of .+ has no leader/)},
		]);
		const peek = port.peek({topic, partition: 0, offset: 0}, {messages: 1, bytes: 1000}, testContext);
		expect(await rejectionOf(peek)).toMatchObject({kind: 'unreachable', message: expect.stringMatching(/offline/)});
	});
});

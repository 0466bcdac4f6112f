import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {readUntil, uniqueName} from '../../adapters/kafka/kafka-fixture.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import type {KafkaNode, KafkaServer} from '../../estate/estate-record.ts';
import {withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {makeTopic, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {writeTargets} from '../../estate/target-config.ts';
import {startSilentListener} from '../../faults/fault-proxy.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';
import {expectFramed, expectUsable} from '../failure-modes/failure-modes.ts';

const groupTopic = '__consumer_offsets';

let open: ConsoleProcess | undefined;
const closing: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
	await open?.close();
	open = undefined;
	for (const close of closing.splice(0).reverse()) await close();
});

type At = {readonly host: string; readonly port: number};

/** A console on one group, which has stopped 16 messages before the end of its topic. */
async function watch(brokers: readonly At[], group: string): Promise<ConsoleProcess> {
	const home = mkdtempSync(join(tmpdir(), 'midwatch-kafka-moves-'));
	closing.push(() => rmSync(home, {recursive: true, force: true}));
	const addresses = brokers.map(({host, port}) => `${host}:${port}`);
	const target = {name: 'kafka', kind: 'kafka', production: false, brokers: addresses, groups: `^${group}$`};
	const file = writeTargets(home, [{...target, connectTimeoutMs: 1500, requestTimeoutMs: 3000}]);
	open = await startConsole({file, home, columns: 160, rows: 45});
	await open.zoom(5, 'Consumer lag');
	await expectLag(open, group, 16);
	return open;
}

/** It is read now, and nothing of it is old. */
async function expectLag(on: ConsoleProcess, group: string, lag: number): Promise<void> {
	const row = new RegExp(`${group} +\\S+ +${lag} `);
	const old = / old ─|data is \w+ old|cannot be read|could not be/;
	await on.expect(screen => row.test(screen) && !old.test(screen));
}

async function behind(server: KafkaServer): Promise<{readonly topic: string; readonly group: string}> {
	const topic = uniqueName('moves');
	const group = uniqueName('moved');
	await makeTopic(server, topic);
	await produceCount(server, topic, 20);
	await stoppedGroup(server, group, topic, [{partition: 0, offset: 4}]);
	return {topic, group};
}

/**
 * Puts a partition on these brokers, and waits until the first one leads it, which it does because it was there alone before, and until the
 * others are in sync, so that they can lead it when the first one stops.
 */
async function place(
	server: KafkaServer,
	topic: string,
	partition: number,
	[leader = 1, ...followers]: readonly number[],
): Promise<void> {
	await assign(server, topic, partition, [leader]);
	if (followers.length > 0) await assign(server, topic, partition, [leader, ...followers]);
}

async function assign(
	server: KafkaServer,
	topic: string,
	partition: number,
	replicas: readonly number[],
): Promise<void> {
	await withKafkaAdmin(server, admin =>
		admin.alterPartitionReassignments({
			topics: [{topic, partitionAssignment: [{partition, replicas: [...replicas]}]}],
		}),
	);
	await readUntil(
		() => partitionOf(server, topic, partition),
		found => found.leader === replicas[0] && found.isr.length === replicas.length,
	);
}

const partitionOf = (server: KafkaServer, topic: string, partition: number) =>
	withKafkaAdmin(server, async admin => {
		const {topics} = await admin.fetchTopicMetadata({topics: [topic]});
		const found = topics[0]?.partitions.find(one => one.partitionId === partition);
		if (found === undefined) throw new Error(`${topic} has no partition ${partition}`);
		return found;
	});

/** Where the brokers keep what a group commits: its hash, as Java computes it (kafka.coordinator.group.GroupMetadataManager). */
async function groupPartition(server: KafkaServer, group: string): Promise<number> {
	const {topics} = await withKafkaAdmin(server, admin => admin.fetchTopicMetadata({topics: [groupTopic]}));
	const hash = [...group].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, 0);
	return (hash & 0x7fffffff) % (topics[0]?.partitions.length ?? 1);
}

const others = (server: KafkaServer, id: number): readonly number[] =>
	server.nodes.map(node => node.id).filter(one => one !== id);

describeKafka('kafka-cluster', 'brokers that stop and move', server => {
	const at = ({port}: KafkaNode): At => ({host: server.host, port});

	test('leader moved: its lag is read from the new one', async () => {
		const {topic, group} = await behind(server);
		await place(server, topic, 0, [2]);
		const on = await watch(server.nodes.map(at), group);
		await place(server, topic, 0, [3]);
		await produceCount(server, topic, 10);
		await expectLag(on, group, 26);
		await expectUsable(on);
		await expectFramed(on);
	});

	test('coordinator moved: the group is read from the new one', async () => {
		const {topic, group} = await behind(server);
		const partition = await groupPartition(server, group);
		const {leader, replicas} = await partitionOf(server, groupTopic, partition);
		const on = await watch(server.nodes.map(at), group);
		closing.push(() => place(server, groupTopic, partition, [leader, ...replicas.filter(id => id !== leader)]));
		await place(server, groupTopic, partition, others(server, leader));
		// The new one has to read what the group committed before it takes more.
		const commit = () => stoppedGroup(server, group, topic, [{partition: 0, offset: 9}]);
		await readUntil(
			() =>
				commit().then(
					() => true,
					() => false,
				),
			done => done,
		);
		await expectLag(on, group, 11);
		await expectUsable(on);
		await expectFramed(on);
	});

	test('broker stopped by SIGSTOP: it is reported, the rest is still read, and all is healthy when it continues', async () => {
		const last = server.nodes.at(-1);
		if (last === undefined) throw new Error('the cluster has no broker');
		const {topic, group} = await behind(server);
		await place(server, topic, 0, [last.id, 1, 2]);
		const on = await watch(server.nodes.map(at), group);
		const wake = () => process.kill(last.pid, 'SIGCONT');
		closing.push(wake);
		process.kill(last.pid, 'SIGSTOP');
		await on.expect(new RegExp(`broker ${last.id} \\(127\\.0\\.0\\.1:${last.port}\\) is down`));
		await on.expect(/brokers 2\/3/);
		// Its followers lead what it led, and coordinate what it did.
		await expectLag(on, group, 16);
		await produceCount(server, topic, 10);
		await expectLag(on, group, 26);
		await expectUsable(on);
		await expectFramed(on);
		wake();
		await on.expect(screen => /brokers 3\/3/.test(screen) && !screen.includes('is down'));
		await expectLag(on, group, 26);
	});

	test('silent TCP listener among the addresses: the next one is used', async () => {
		const {group} = await behind(server);
		const silent = await startSilentListener();
		closing.push(() => silent.close());
		const on = await watch([silent, ...server.nodes.map(at)], group);
		expect(silent.accepted).toBeGreaterThan(0);
		await expectUsable(on);
		await expectFramed(on);
	});
});

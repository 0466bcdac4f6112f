import {afterEach, expect, test} from 'vitest';
import type {KafkaTopicRow} from '../../../src/model/kafka/kafka-topic.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import {withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {makeTopic, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {brokerAddresses, readUntil, settingsFor, uniqueName} from './kafka-fixture.ts';
import {type KafkaFixture, openKafka, patientTimeouts} from './kafka-system-fixture.ts';

describeKafka('kafka-cluster', 'the findings when a broker stops', server => {
	let kafka: KafkaFixture | undefined;
	const last = server.nodes.at(-1);
	const wake = () => last && process.kill(last.pid, 'SIGCONT');

	afterEach(async () => {
		wake();
		const {port, acting, close} = await openKafka(settingsFor(brokerAddresses(server), patientTimeouts));
		await readUntil(
			async () => (await port.cluster(acting())).brokers.length,
			brokers => brokers === server.nodes.length,
		);
		await close();
		await kafka?.close();
		kafka = undefined;
	});

	test('name the broker, the topics that miss its replicas, and those without a leader', async () => {
		if (last === undefined) throw new Error('the cluster has no broker');
		const replicated = uniqueName('events');
		const alone = uniqueName('alone');
		const group = uniqueName('orders');
		await makeTopic(server, replicated, 3);
		await produceCount(server, replicated, 30);
		// One replica, on the broker that will stop.
		await withKafkaAdmin(server, admin =>
			admin.createTopics({
				topics: [{topic: alone, replicaAssignment: [{partition: 0, replicas: [last.id]}]}],
				waitForLeaders: true,
			}),
		);
		await produceCount(server, alone, 5);
		await stoppedGroup(server, group, alone, [{partition: 0, offset: 2}]);
		const open = await openKafka(
			settingsFor(brokerAddresses(server).slice(0, 1), {connectTimeoutMs: 2000, requestTimeoutMs: 4000}),
		);
		kafka = open;
		const topic = async (name: string) =>
			(await open.read<KafkaTopicRow>('kafka.topic')).rows.find(row => row.topic === name);
		expect(await topic(replicated)).toMatchObject({severity: 'ok', replicas: 3, underReplicated: 0});
		expect(await open.lag(group)).toMatchObject({lag: 3, evaluation: 'stop'});
		expect(await open.findings(`broker ${last.id}`)).toEqual([]);

		process.kill(last.pid, 'SIGSTOP');
		await readUntil(
			() => topic(replicated).catch(() => undefined),
			row => row?.underReplicated === 3,
		);
		expect(await topic(alone)).toMatchObject({severity: 'crit', offline: 1, why: '1 of 1 partitions have no leader'});
		expect(await open.findings(`broker ${last.id} (`)).toEqual([
			expect.stringMatching(
				new RegExp(
					`^crit broker ${last.id} \\(127\\.0\\.0\\.1:${last.port}\\) is down: \\d+ partitions of \\d+ topics are under-`,
				),
			),
		]);
		expect(await open.findings(alone)).toContain(
			`crit ${alone}: 1 of 1 partitions have no leader, nothing can be written to them or read`,
		);
		open.pass(70);
		const row = await readUntil(
			() => open.lag(group).catch(() => undefined),
			found => found?.evaluation === 'offline',
		);
		expect(row).toMatchObject({lag: undefined, why: '1 of 1 partitions are offline or cannot be read'});
		if (row === undefined) return;
		expect(await open.inspect('kafka.topic', row)).toMatch(/none +\d +.*offline/);

		wake();
		await readUntil(
			() => topic(alone).catch(() => undefined),
			found => found?.severity === 'ok',
		);
		expect(await open.findings(`broker ${last.id} (`)).toEqual([]);
		open.pass(10);
		expect(await open.lag(group)).toMatchObject({lag: 3, evaluation: 'stop'});
	});
});

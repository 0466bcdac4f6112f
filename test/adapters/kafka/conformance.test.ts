import {kafkaSystem} from '../../../adapters/kafka/system.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {Target} from '../../../src/contract/target.ts';
import type {KafkaSettings} from '../../../src/port/kafka.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {kafkaClient, withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {classicMember, makeTopic, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {conformanceTests} from '../conformance.ts';
import type {ActionCase} from '../conformance-subject.ts';
import {listenersOf, settingsFor, uniqueName} from './kafka-fixture.ts';

const target = (server: KafkaServer, at: {readonly host: string; readonly port: number}): Target<KafkaSettings> => ({
	name: server.name,
	kind: 'kafka',
	production: true,
	// Two tries within the time of a source.
	settings: settingsFor(at, {connectTimeoutMs: 3000, requestTimeoutMs: 3000}),
});

/** Everything that was ever written: each commit, each group that joined or left, each message is a record somewhere. */
async function writes(server: KafkaServer): Promise<number> {
	return withKafkaAdmin(server, async admin => {
		let records = 0;
		for (const topic of await admin.listTopics()) {
			for (const {high} of await admin.fetchTopicOffsets(topic)) records += Number(high);
		}
		return records;
	});
}

async function busy(server: KafkaServer) {
	const topic = uniqueName('conformance-busy');
	await makeTopic(server, topic, 2);
	await produceCount(server, topic, 20);
	const member = await classicMember(server, {group: topic, topics: [topic], reads: false});
	await stoppedGroup(server, `${topic}-stopped`, topic, [{partition: 0, offset: 1}]);
	return {
		steady: (row: Row) =>
			'topic' in row &&
			row.topic === topic &&
			(row.kind === 'kafka.topic' || ('group' in row && row.group === `${topic}-stopped`)),
		end: () => member.stop(),
	};
}

const committed = async (server: KafkaServer, group: string, topic: string): Promise<readonly string[]> => {
	const offsets = await withKafkaAdmin(server, async admin => {
		await admin.describeCluster();
		return admin.fetchOffsets({groupId: group, topics: [topic]});
	});
	return (offsets[0]?.partitions ?? []).toSorted((a, b) => a.partition - b.partition).map(({offset}) => offset);
};

/** A stopped group on two partitions, of which it has read one; somebody else moves it meanwhile. */
async function behind(server: KafkaServer): Promise<ActionCase> {
	const topic = uniqueName('conformance-scene');
	await makeTopic(server, topic, 2);
	await produceCount(server, topic, 20);
	await stoppedGroup(server, topic, topic, [{partition: 0, offset: 4}]);
	return {
		params: {to: '0:earliest'},
		isTarget: row => 'group' in row && row.group === topic,
		changeServer: () => stoppedGroup(server, topic, topic, [{partition: 0, offset: 5}]),
		isApplied: async () => (await committed(server, topic, topic))[0] === '0',
		async cleanUp() {
			const admin = kafkaClient(server, undefined, 5).admin();
			await admin.connect();
			await admin.deleteGroups([topic]);
			await admin.deleteTopics({topics: [topic]});
			await admin.disconnect();
		},
	};
}

for (const name of ['kafka-4', 'kafka-3.9'] as const) {
	describeKafka(name, 'conformance', server => {
		const {faulty} = listenersOf(server);
		conformanceTests({
			system: kafkaSystem,
			server: {host: server.host, port: faulty.port},
			targetEndpoint: server,
			advertisedPort: faulty.advertisedPort,
			target: at => target(server, at.port === faulty.port ? server : at),
			generateLoad: () => busy(server),
			actionCases: {'kafka.reset-offsets': () => behind(server)},
			testsConnectionFaults: true,
			countWrites: () => writes(server),
		});
	});
}

import {afterAll, beforeAll} from 'vitest';
import {kafkaSystem} from '../../../adapters/kafka/system.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {KafkaPort} from '../../../src/port/kafka.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import {withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {javaMember, makeTopic, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {type BindingCases, planBindingTests, type ShownPlan} from '../plan-bindings.ts';
import {brokerAddresses, readUntil, settingsFor, uniqueName} from './kafka-fixture.ts';
import {type KafkaFixture, openKafka, patientTimeouts} from './kafka-system-fixture.ts';
import {joinScriptedMember} from './scripted-member.ts';

type Scene = {readonly group: string; readonly topic: string};
/** Changes one fact. What it returns is undone at the end. */
type Change = (scene: Scene) => Promise<unknown>;

describeKafka('kafka-4', 'what a plan is bound to', server => {
	let kafka: KafkaFixture;
	beforeAll(async () => {
		kafka = await openKafka(settingsFor(brokerAddresses(server), patientTimeouts));
	});
	afterAll(() => kafka.close());

	const nameOf = async (group: string) =>
		(await kafka.port.groups(kafka.acting())).read.find(one => one.group === group);
	const groupOf = async (group: string) => {
		const name = await nameOf(group);
		return name && (await kafka.port.describe([name], kafka.acting())).read[0];
	};
	const committed = async (group: string) =>
		(await kafka.port.committed([group], kafka.acting())).read.flatMap(({offsets}) =>
			offsets.map(({partition, offset}) => `${partition}:${offset}`),
		);
	const isEmpty = (group: string) =>
		readUntil(
			() => groupOf(group),
			now => now?.state === 'Empty',
		);

	/** A member of the newer protocol that joins, commits and leaves. */
	const visit = async ({group, topic}: Scene) => {
		const before = await groupOf(group);
		const member = javaMember(server, {group, topic, protocol: 'consumer'});
		await readUntil(
			() => groupOf(group),
			now => now?.type === 'consumer' && now.state === 'Stable',
		);
		await member.stop();
		await isEmpty(group);
		return before;
	};
	const join = async ({group, topic}: Scene) => {
		const member = await joinScriptedMember(server, group, topic);
		await readUntil(
			() => groupOf(group),
			now => now?.state === 'Stable',
		);
		return member.leave;
	};

	/** A stopped group that has read 4 of 20 messages, and a plan that leads it back to the first. */
	const shown =
		(change: Change, prepare?: Change) =>
		async (action: Action<Row, KafkaPort>): Promise<ShownPlan<KafkaPort>> => {
			const scene = {group: uniqueName('bound'), topic: uniqueName('bound')};
			const {group, topic} = scene;
			await makeTopic(server, topic, 1);
			await produceCount(server, topic, 20);
			await stoppedGroup(server, group, topic, [{partition: 0, offset: 4}]);
			await prepare?.(scene);
			await isEmpty(group);
			kafka.pass(15);
			const row = await readUntil(
				() => kafka.lag(group),
				one => one !== undefined,
			);
			if (row === undefined) throw new Error('there is no row');
			const {plan} = await action.preview([row], {to: 'earliest'}, kafka.acting());
			let before: readonly string[] = [];
			let back: unknown;
			return {
				plan: () => plan,
				context: kafka.acting(),
				async change() {
					back = await change(scene);
					before = await committed(group);
				},
				wasApplied: async () => (await committed(group)).join() !== before.join(),
				async cleanUp() {
					if (typeof back === 'function') await back();
				},
			};
		};

	const cases: BindingCases<KafkaPort> = {
		'kafka.reset-offsets': {
			'the group': shown(({group}) => withKafkaAdmin(server, admin => admin.deleteGroups([group]))),
			'the topic': shown(async ({topic}) => {
				const idNow = async () => (await kafka.port.topics([topic], kafka.acting())).read[0]?.id;
				const before = await idNow();
				await withKafkaAdmin(server, admin => admin.deleteTopics({topics: [topic]}));
				await readUntil(idNow, id => id === undefined);
				await makeTopic(server, topic, 1);
				await readUntil(idNow, id => id !== undefined && id !== before);
			}),
			'the type of the group': shown(visit),
			'the state of the group': shown(join),
			'how many members it has': shown(join),
			'the epoch of the group': shown(visit, visit),
			'the committed offsets': shown(({group, topic}) =>
				stoppedGroup(server, group, topic, [{partition: 0, offset: 7}]),
			),
			'that the messages from the new offsets on exist': shown(({topic}) =>
				withKafkaAdmin(server, async admin => {
					// Without it the client knows no leader of the topic.
					await admin.fetchTopicOffsets(topic);
					await admin.deleteTopicRecords({topic, partitions: [{partition: 0, offset: '3'}]});
				}),
			),
		},
	};
	planBindingTests(kafkaSystem.actions as readonly Action<Row, KafkaPort>[], cases);
});

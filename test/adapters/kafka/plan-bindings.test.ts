import {afterAll, beforeAll} from 'vitest';
import {kafka} from '../../../adapters/kafka/system.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {KafkaPort} from '../../../src/port/kafka.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import {asAdmin} from '../../estate/kafka/kafka.ts';
import {fill, javaMember, makeTopic, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {type BindingCases, bindings, type ShownPlan} from '../plan-bindings.ts';
import {nodesOf, settingsFor, unique, until} from './kafka-fixture.ts';
import {openRoom, patient, type Room} from './kafka-system-fixture.ts';
import {commandedMember} from './scripted-member.ts';

type Scene = {readonly group: string; readonly topic: string};
/** Changes one fact. What it returns is undone at the end. */
type Change = (scene: Scene) => Promise<unknown>;

describeKafka('kafka-4', 'what a plan is bound to', server => {
	let room: Room;
	beforeAll(async () => {
		room = await openRoom(settingsFor(nodesOf(server), patient));
	});
	afterAll(() => room.close());

	const nameOf = async (group: string) => (await room.port.groups(room.acting())).read.find(one => one.group === group);
	const groupOf = async (group: string) => {
		const name = await nameOf(group);
		return name && (await room.port.describe([name], room.acting())).read[0];
	};
	const committed = async (group: string) =>
		(await room.port.committed([group], room.acting())).read.flatMap(({offsets}) =>
			offsets.map(({partition, offset}) => `${partition}:${offset}`),
		);
	const isEmpty = (group: string) =>
		until(
			() => groupOf(group),
			now => now?.state === 'Empty',
		);

	/** A member of the newer protocol that joins, commits and leaves. */
	const visit = async ({group, topic}: Scene) => {
		const before = await groupOf(group);
		const member = javaMember(server, {group, topic, protocol: 'consumer'});
		await until(
			() => groupOf(group),
			now => now?.type === 'consumer' && now.state === 'Stable',
		);
		await member.stop();
		await isEmpty(group);
		return before;
	};
	const join = async ({group, topic}: Scene) => {
		const member = await commandedMember(server, group, topic);
		await until(
			() => groupOf(group),
			now => now?.state === 'Stable',
		);
		return member.leave;
	};

	/** A stopped group that has read 4 of 20 messages, and a plan that leads it back to the first. */
	const shown =
		(change: Change, prepare?: Change) =>
		async (action: Action<Row, KafkaPort>): Promise<ShownPlan<KafkaPort>> => {
			const scene = {group: unique('bound'), topic: unique('bound')};
			const {group, topic} = scene;
			await makeTopic(server, topic, 1);
			await fill(server, topic, 20);
			await stoppedGroup(server, group, topic, [{partition: 0, offset: 4}]);
			await prepare?.(scene);
			await isEmpty(group);
			room.pass(15);
			const row = await until(
				() => room.lag(group),
				one => one !== undefined,
			);
			if (row === undefined) throw new Error('there is no row');
			const {plan} = await action.preview([row], {to: 'earliest'}, room.acting());
			let before: readonly string[] = [];
			let back: unknown;
			return {
				plan: () => plan,
				about: room.acting(),
				async change() {
					back = await change(scene);
					before = await committed(group);
				},
				happened: async () => (await committed(group)).join() !== before.join(),
				async end() {
					if (typeof back === 'function') await back();
				},
			};
		};

	const cases: BindingCases<KafkaPort> = {
		'kafka.reset-offsets': {
			'the group': shown(({group}) => asAdmin(server, admin => admin.deleteGroups([group]))),
			'the topic': shown(async ({topic}) => {
				const idNow = async () => (await room.port.topics([topic], room.acting())).read[0]?.id;
				const before = await idNow();
				await asAdmin(server, admin => admin.deleteTopics({topics: [topic]}));
				await until(idNow, id => id === undefined);
				await makeTopic(server, topic, 1);
				await until(idNow, id => id !== undefined && id !== before);
			}),
			'the type of the group': shown(visit),
			'the state of the group': shown(join),
			'how many members it has': shown(join),
			'the epoch of the group': shown(visit, visit),
			'the committed offsets': shown(({group, topic}) =>
				stoppedGroup(server, group, topic, [{partition: 0, offset: 7}]),
			),
			'that the messages from the new offsets on exist': shown(({topic}) =>
				asAdmin(server, async admin => {
					// Without it the client knows no leader of the topic.
					await admin.fetchTopicOffsets(topic);
					await admin.deleteTopicRecords({topic, partitions: [{partition: 0, offset: '3'}]});
				}),
			),
		},
	};
	bindings(kafka.actions as readonly Action<Row, KafkaPort>[], cases);
});

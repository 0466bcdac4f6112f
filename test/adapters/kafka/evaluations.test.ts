import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {describeKafka} from '../../estate/describe-server.ts';
import {withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {javaMember, makeTopic, produce, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {brokerAddresses, readUntil, settingsFor, uniqueName} from './kafka-fixture.ts';
import {type KafkaFixture, openKafka, patientTimeouts} from './kafka-system-fixture.ts';
import {joinScriptedMember, type ScriptedMember} from './scripted-member.ts';

const messages = (count: number, partition: number) =>
	Array.from({length: count}, (_, at) => ({partition, value: `{"order": ${at}}`}));

for (const name of ['kafka-4', 'kafka-3.9'] as const) {
	describeKafka(name, 'consumer lag', server => {
		let kafka: KafkaFixture;
		let member: ScriptedMember | undefined;
		let topic = '';
		let group = '';

		/** A topic of two partitions with 100 messages each, and a live group that has read them all. */
		const begin = async () => {
			topic = uniqueName('events');
			group = uniqueName('orders');
			await makeTopic(server, topic, 2);
			await produce(server, topic, [...messages(100, 0), ...messages(100, 1)]);
			member = await joinScriptedMember(server, group, topic);
			await member.commit([
				{partition: 0, offset: 100},
				{partition: 1, offset: 100},
			]);
			// Groups are listed each ten seconds.
			kafka.pass(15);
			await kafka.lag(group);
		};
		const commit = (first: number, second: number) =>
			member?.commit([
				{partition: 0, offset: first},
				{partition: 1, offset: second},
			]);

		beforeAll(async () => {
			kafka = await openKafka(settingsFor(brokerAddresses(server), patientTimeouts));
		});
		afterEach(async () => {
			await member?.leave();
			member = undefined;
		});
		afterAll(() => kafka.close());

		test('is ok when the group has read everything and continues to read', async () => {
			await begin();
			expect(await kafka.lag(group)).toMatchObject({
				lag: 0,
				members: 1,
				state: 'Stable',
				evaluation: 'ok',
				severity: 'ok',
			});
			for (let turn = 1; turn <= 4; turn += 1) {
				await produce(server, topic, messages(50, 0));
				await commit(100 + turn * 50, 100);
				kafka.pass(10);
				expect(await kafka.lag(group)).toMatchObject({lag: 0, evaluation: 'ok', timeLag: {ms: 0, atLeast: false}});
			}
			const row = await kafka.lag(group);
			expect(row?.consumedPerSecond).toBeGreaterThan(1);
			expect(row?.consumedPerSecond).toBeCloseTo(row?.producedPerSecond ?? 0, 6);
		});

		test('is warn when the lag grows', async () => {
			await begin();
			for (let turn = 1; turn <= 5; turn += 1) {
				await produce(server, topic, messages(300, 0));
				await commit(100 + turn * 20, 100);
				kafka.pass(30);
				await kafka.lag(group);
			}
			expect(await kafka.lag(group)).toMatchObject({
				lag: 1400,
				evaluation: 'warn',
				severity: 'warn',
				worst: {partition: 0},
			});
			expect(await kafka.findings(group)).toEqual([
				expect.stringMatching(
					new RegExp(`^warn ${group} is 1\\.4k behind on ${topic} \\([>\\dms]+\\), \\+[\\d.]+/s: never`),
				),
			]);
		});

		test('is stall when there are members and they commit nothing', async () => {
			await begin();
			await produce(server, topic, messages(40, 1));
			kafka.pass(5);
			expect(await kafka.lag(group)).toMatchObject({lag: 40, evaluation: 'ok'});
			await produce(server, topic, messages(40, 1));
			kafka.pass(70);
			expect(await kafka.lag(group)).toMatchObject({
				lag: 80,
				evaluation: 'stall',
				severity: 'crit',
				why: expect.stringMatching(/^its members commit nothing for 1m1\ds on partition 1$/),
			});
		});

		test('is stop when there are no members any more and messages wait', async () => {
			await begin();
			await member?.leave();
			member = undefined;
			await produce(server, topic, messages(25, 0));
			kafka.pass(20);
			expect(await kafka.lag(group)).toMatchObject({members: 0, state: 'Empty', lag: 25, evaluation: 'ok'});
			kafka.pass(60);
			expect(await kafka.lag(group)).toMatchObject({
				evaluation: 'stop',
				severity: 'crit',
				why: 'no members, messages wait',
			});
			const later = await openKafka(settingsFor(brokerAddresses(server), patientTimeouts));
			// A console that starts later does not know for how long.
			expect(await later.lag(group)).toMatchObject({evaluation: 'stop', severity: 'warn'});
			await later.close();
		});

		test('is rewind when the group went back and reads again', async () => {
			await begin();
			kafka.pass(10);
			await commit(40, 100);
			expect(await kafka.lag(group)).toMatchObject({
				lag: 60,
				evaluation: 'rewind',
				why: 'went back 60 messages on partition 0',
			});
			await commit(70, 100);
			kafka.pass(10);
			expect(await kafka.lag(group)).toMatchObject({evaluation: 'rewind'});
			await commit(100, 100);
			kafka.pass(10);
			expect(await kafka.lag(group)).toMatchObject({lag: 0, evaluation: 'ok'});
		});

		test('is unknown when the group has never committed, or not on every partition', async () => {
			topic = uniqueName('events');
			group = uniqueName('orders');
			await makeTopic(server, topic, 2);
			await produce(server, topic, messages(10, 0));
			member = await joinScriptedMember(server, group, topic);
			kafka.pass(15);
			const row = await kafka.lag(group);
			// Nothing was ever written to partition 1: there is nothing to commit.
			expect(row).toMatchObject({uncommitted: 1, severity: 'unknown'});
			expect(row?.lag ?? 0).toBe(0);
			await member.commit([{partition: 0, offset: 10}]);
			kafka.pass(5);
			expect(await kafka.lag(group)).toMatchObject({lag: 0, severity: 'ok', uncommitted: 0});
			await produce(server, topic, messages(5, 1));
			kafka.pass(5);
			expect(await kafka.lag(group)).toMatchObject({
				uncommitted: 1,
				severity: 'unknown',
				why: 'no offset committed on 1 of 2 partitions',
			});
		});

		test('has a time lag: the age of the next message, as far as it was watched', async () => {
			await begin();
			kafka.pass(40);
			await produce(server, topic, messages(40, 0));
			await kafka.lag(group);
			kafka.pass(40);
			await produce(server, topic, messages(40, 0));
			// The first 40 came within 40 s, the next in the 40 s after that.
			await commit(120, 100);
			const row = await kafka.lag(group);
			expect(row?.timeLag?.atLeast).toBe(false);
			expect(row?.timeLag?.ms).toBeGreaterThan(58_000);
			expect(row?.timeLag?.ms).toBeLessThan(62_000);
		});

		test('is not years for a topic that was created again', async () => {
			await begin();
			await member?.leave();
			member = undefined;
			await withKafkaAdmin(server, admin => admin.deleteTopics({topics: [topic]}));
			await readUntil(
				() => withKafkaAdmin(server, admin => admin.listTopics()),
				topics => !topics.includes(topic),
			);
			await makeTopic(server, topic, 2);
			await produce(server, topic, messages(3, 0));
			await stoppedGroup(server, group, topic, [
				{partition: 0, offset: 1},
				{partition: 1, offset: 0},
			]);
			kafka.pass(40);
			expect(await kafka.lag(group)).toMatchObject({
				lag: 2,
				timeLag: {ms: 0, atLeast: false},
				consumedPerSecond: undefined,
			});
		});

		test('is reported for a group that keeps rebalancing', async () => {
			await begin();
			for (let turn = 0; turn < 4; turn += 1) {
				const secondMember = await joinScriptedMember(server, group, topic);
				await kafka.lag(group);
				await secondMember.leave();
				await readUntil(
					() => kafka.lag(group),
					row => row?.members === 1 && row.state === 'Stable',
				);
			}
			expect(await kafka.findings(group)).toEqual([
				expect.stringMatching(new RegExp(`^warn ${group} on ${topic} rebalanced \\d+ times in 5 minutes$`)),
			]);
		});

		test('is reported when dead letters grow', async () => {
			const letters = `${uniqueName('orders')}-dlq`;
			await makeTopic(server, letters, 1);
			await produce(server, letters, messages(5, 0));
			expect(await kafka.findings(letters)).toEqual([]);
			kafka.pass(10);
			await produce(server, letters, messages(7, 0));
			expect(await kafka.findings(letters)).toEqual([
				expect.stringMatching(new RegExp(`^warn ${letters} grows: 7 messages in 1\\ds`)),
			]);
		});

		test('is read without disturbing a live group', async () => {
			await begin();
			await produceCount(server, topic, 30);
			const before = {id: member?.memberId(), joined: member?.joined()};
			await readUntil(
				async () => member?.generation(),
				generation => (generation ?? -1) >= 0,
			);
			const generation = member?.generation();
			for (let turn = 0; turn < 100; turn += 1) {
				kafka.pass(5);
				const row = await kafka.lag(group);
				if (row === undefined) throw new Error('no row');
				if (turn % 25 !== 0) continue;
				for (const id of ['kafka.describe-group', 'kafka.partitions', 'kafka.topic']) await kafka.inspect(id, row);
				await kafka.inspect('kafka.messages', row, {partition: '0', from: 'earliest'});
			}
			expect({id: member?.memberId(), joined: member?.joined()}).toEqual(before);
			expect(member?.generation()).toBe(generation);
		});
	});
}

describeKafka('kafka-4', 'newer kinds of groups', server => {
	let kafka: KafkaFixture;
	beforeAll(async () => {
		kafka = await openKafka(settingsFor(brokerAddresses(server), patientTimeouts));
	});
	afterAll(() => kafka.close());

	test.each(['consumer', 'share'] as const)(
		'a %s group is shown with its type, its members and its lag, and never as dead',
		async protocol => {
			const topic = uniqueName('events');
			const group = uniqueName(protocol);
			await makeTopic(server, topic, 1);
			await produceCount(server, topic, 20);
			const reader = javaMember(server, {group, topic, protocol});
			try {
				const look = () => {
					kafka.pass(11);
					return kafka.lag(group);
				};
				await readUntil(look, found => found?.members === 1);
				// A share group begins at what comes in once it has looked, so that it has to go on coming.
				const fed = async () => {
					await produceCount(server, topic, 5);
					return look();
				};
				const row = await readUntil(
					fed,
					found => found?.members === 1 && found.topic === topic && found.lag !== undefined,
				);
				expect(row).toMatchObject({type: protocol, members: 1, state: 'Stable'});
				expect(kafka.action.disabled([row as never])).toBe(
					protocol === 'share' ? 'a share group has no offsets to commit' : undefined,
				);
				if (protocol === 'share' || row === undefined) return;
				expect(row.epoch).toBeGreaterThan(0);
				const preview = await kafka.action.preview([row], {to: 'earliest'}, kafka.acting()).catch(() => undefined);
				if (preview === undefined) return;
				const before = (
					await kafka.port.describe([{group, type: 'consumer', protocolType: '', state: ''}], kafka.acting())
				).read;
				await expect(kafka.action.run(preview.plan, kafka.acting())).rejects.toMatchObject({kind: 'conflict'});
				const after = (
					await kafka.port.describe([{group, type: 'consumer', protocolType: '', state: ''}], kafka.acting())
				).read;
				expect(after).toEqual(before);
			} finally {
				await reader.stop();
			}
		},
	);
});

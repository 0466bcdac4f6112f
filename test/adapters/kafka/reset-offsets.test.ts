import {spawnSync} from 'node:child_process';
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Preview} from '../../../src/contract/action.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {runKafkaTool} from '../../estate/kafka/kafka.ts';
import {makeTopic, produce, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {brokerAddresses, lagsByTool, listenersOf, readUntil, saslOf, settingsFor, uniqueName} from './kafka-fixture.ts';
import {type KafkaFixture, openKafka, patientTimeouts} from './kafka-system-fixture.ts';
import {joinScriptedMember} from './scripted-member.ts';

const groupTool = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';

/** What Kafka's own tool says that the group has committed, by partition. */
const byTool = (server: KafkaServer, group: string): readonly number[] =>
	lagsByTool(server, group).map(({committed}) => committed);

for (const name of ['kafka-4', 'kafka-3.9'] as const) {
	describeKafka(name, 'a reset of offsets', server => {
		let kafka: KafkaFixture;
		let topic = '';
		let half = 0;

		/** A group without members that has read 40, 50 and 60 of 100 messages of each partition. */
		const stopped = async (offsets = [40, 50, 60]) => {
			const group = uniqueName('stopped');
			await stoppedGroup(
				server,
				group,
				topic,
				offsets.map((offset, partition) => ({partition, offset})),
			);
			kafka.pass(15);
			return group;
		};
		const run = async (preview: Preview) => {
			const checks = await kafka.action.preflight(preview.plan, kafka.acting());
			expect(checks.filter(check => check.result === 'block')).toEqual([]);
			const receipt = await kafka.action.run(preview.plan, kafka.acting());
			expect(await kafka.action.verify(preview.plan, receipt, kafka.acting())).toMatchObject({result: 'done'});
			return receipt;
		};

		beforeAll(async () => {
			kafka = await openKafka(settingsFor(brokerAddresses(server), patientTimeouts));
			topic = uniqueName('events');
			await makeTopic(server, topic, 3);
			const some = [0, 1, 2].flatMap(partition =>
				Array.from({length: 50}, (_, at) => ({partition, value: `{"order": ${at}}`})),
			);
			await produce(server, topic, some);
			await new Promise(resolve => setTimeout(resolve, 1100));
			half = Date.now();
			await new Promise(resolve => setTimeout(resolve, 100));
			await produce(server, topic, some);
		});
		afterAll(() => kafka.close());

		test.each<[string, (at: number) => string, readonly number[], string]>([
			['earliest', () => 'earliest', [0, 0, 0], '150 messages will be read again'],
			['latest', () => 'latest', [100, 100, 100], '150 messages will never be read by it'],
			['shift', () => '+5', [45, 55, 65], '15 messages will never be read'],
			['back', () => '-45', [0, 5, 15], '130 messages will be read again'],
			['exact', () => '70', [70, 70, 70], '60 messages will never be read'],
			[
				'time',
				at => new Date(at).toISOString(),
				[50, 50, 50],
				'10 messages will never be read by it, 10 messages will be',
			],
			['ago', () => '-1d', [0, 0, 0], '150 messages will be read again'],
			[
				'by partition',
				() => '2:+1, 0:earliest',
				[0, 50, 61],
				'1 message will never be read by it, 40 messages will be',
			],
		])('%s, as Kafka’s own tool sees it', async (_, to, offsets, impact) => {
			const group = await stopped();
			const preview = await kafka.preview(group, to(half));
			expect(preview.impact).toContain(impact);
			expect(preview.risk).toBe('high');
			expect(byTool(server, group)).toEqual([40, 50, 60]);
			await run(preview);
			expect(byTool(server, group)).toEqual(offsets);
		});

		test('an offset that does not exist is not committed, and the preview says so', async () => {
			const group = await stopped();
			const preview = await kafka.preview(group, '0:5000');
			expect(preview.changes).toEqual([
				{
					field: 'partition 0',
					before: '40',
					after: '100, skips 60 messages; 5,000 was requested, which does not exist',
				},
			]);
			await expect(kafka.preview(group, '7:latest')).rejects.toMatchObject({
				kind: 'unsupported',
				message: `${topic} has no partition 7, it has 3`,
			});
			await expect(kafka.preview(group, '0:40')).rejects.toMatchObject({kind: 'unsupported'});
		});

		test('undo puts every offset back as it was, by the backup that Kafka’s own tool takes as well', async () => {
			const group = await stopped();
			const before = (await kafka.port.committed([group], kafka.acting())).read;
			const preview = await kafka.preview(group, 'latest');
			const receipt = await run(preview);
			const csv = kafka.savedFiles.get(`${group}-${topic}.csv`) ?? '';
			expect(csv).toBe(`${topic},0,40\n${topic},1,50\n${topic},2,60\n`);
			const back = await kafka.undo.propose(preview.plan, receipt, kafka.acting());
			expect(back.changes[0]).toMatchObject({before: '100', after: '40, reads 60 messages again'});
			await run(back);
			expect(byTool(server, group)).toEqual([40, 50, 60]);
			const plain = (read: typeof before) =>
				read.map(({offsets}) => offsets.map(({partition, offset, metadata}) => ({partition, offset, metadata})));
			expect(plain((await kafka.port.committed([group], kafka.acting())).read)).toEqual(plain(before));
			// The same again, with Kafka's own tool.
			await run(await kafka.preview(group, 'earliest'));
			const folder = mkdtempSync(join(tmpdir(), 'midwatch-reset-'));
			const file = join(folder, 'backup.csv');
			// The tool runs as another user.
			chmodSync(folder, 0o755);
			writeFileSync(file, csv);
			const at = ['--bootstrap-server', `${server.host}:${server.port}`];
			runKafkaTool(server, groupTool, [...at, '--group', group, '--reset-offsets', '--from-file', file, '--execute']);
			rmSync(folder, {recursive: true});
			expect(byTool(server, group)).toEqual([40, 50, 60]);
		});

		test('the equivalent command does the same in a shell', async () => {
			const group = await stopped();
			const {cliEquivalent: equivalent} = await kafka.preview(group, '0:+2, 2:earliest');
			const folder = mkdtempSync(join(tmpdir(), 'midwatch-reset-'));
			const program = join(folder, 'kafka-consumer-groups.sh');
			writeFileSync(program, `#!/bin/sh\nexec java -Xmx128m -cp '${server.jars}/*' ${groupTool} "$@"\n`, {mode: 0o755});
			const done = spawnSync('sh', ['-c', equivalent], {
				cwd: folder,
				env: {...process.env, PATH: `${folder}:${process.env['PATH']}`},
				encoding: 'utf8',
			});
			rmSync(folder, {recursive: true});
			expect(done.stdout).not.toContain('Error');
			expect(byTool(server, group)).toEqual([42, 50, 0]);
		});

		test('undo deletes offsets that did not exist before', async () => {
			const group = uniqueName('stopped');
			await stoppedGroup(server, group, topic, [{partition: 1, offset: 50}]);
			kafka.pass(15);
			const preview = await kafka.preview(group, 'earliest');
			expect(preview.changes.map(({before}) => before)).toEqual(['none', '50', 'none']);
			expect(preview.undo.text).toContain('2 partitions have none, and get none again');
			const receipt = await run(preview);
			expect(await kafka.lag(group)).toMatchObject({lag: 300, uncommitted: 0});
			await run(await kafka.undo.propose(preview.plan, receipt, kafka.acting()));
			const {read} = await kafka.port.committed([group], kafka.acting());
			expect(read[0]?.offsets.map(({partition, offset}) => [partition, offset])).toEqual([[1, 50]]);
		});

		test('metadata that the group wrote comes back with its offset', async () => {
			const group = uniqueName('stopped');
			const member = await joinScriptedMember(server, group, topic);
			await member.commit([{partition: 0, offset: 33}]);
			await member.leave();
			await readUntil(
				() => {
					kafka.pass(11);
					return kafka.lag(group);
				},
				row => row?.state === 'Empty',
			);
			const preview = await kafka.preview(group, '0:latest');
			const receipt = await run(preview);
			await run(await kafka.undo.propose(preview.plan, receipt, kafka.acting()));
			const {read} = await kafka.port.committed([group], kafka.acting());
			expect(read[0]?.offsets).toContainEqual(expect.objectContaining({partition: 0, offset: 33, metadata: 'manual'}));
		});

		test('a live group is refused, by us and by the brokers, and is not disturbed', async () => {
			const group = uniqueName('live');
			const member = await joinScriptedMember(server, group, topic);
			try {
				await member.commit([{partition: 0, offset: 10}]);
				kafka.pass(15);
				await readUntil(
					async () => member.generation(),
					generation => generation >= 0,
				);
				const before = {id: member.memberId(), joined: member.joined(), generation: member.generation()};
				const preview = await kafka.preview(group, '0:latest');
				expect(preview.impact).toMatch(/It has 1 members? now\. Stop it first/);
				expect(await kafka.action.preflight(preview.plan, kafka.acting())).toContainEqual(
					expect.objectContaining({label: 'the group', result: 'block'}),
				);
				for (let time = 0; time < 5; time += 1) {
					await expect(kafka.action.run(preview.plan, kafka.acting())).rejects.toMatchObject({kind: 'conflict'});
				}
				// A member that was moved out of its generation would learn it from its next heartbeat.
				const sent = member.heartbeats();
				await readUntil(
					async () => member.heartbeats(),
					count => count >= sent + 3,
				);
				expect({id: member.memberId(), joined: member.joined(), generation: member.generation()}).toEqual(before);
				expect(byTool(server, group)[0]).toBe(10);
			} finally {
				await member.leave();
			}
		});

		test('a plan is stale when the group was started or has committed since the preview', async () => {
			const group = await stopped();
			const preview = await kafka.preview(group, 'latest');
			const member = await joinScriptedMember(server, group, topic);
			try {
				const checks = await kafka.action.preflight(preview.plan, kafka.acting());
				expect(checks).toContainEqual(expect.objectContaining({result: 'block', conflict: true}));
				await expect(kafka.action.run(preview.plan, kafka.acting())).rejects.toMatchObject({kind: 'conflict'});
				await member.commit([{partition: 2, offset: 61}]);
			} finally {
				await member.leave();
			}
			await readUntil(
				async () =>
					(await kafka.port.describe([{group, type: 'classic', protocolType: 'consumer', state: ''}], kafka.acting()))
						.read[0]?.state,
				state => state === 'Empty',
			);
			expect(await kafka.action.preflight(preview.plan, kafka.acting())).toContainEqual(
				expect.objectContaining({conflict: true, detail: 'partition 2 is committed at 61 now, it was 60'}),
			);
			expect(byTool(server, group)).toEqual([40, 50, 61]);
		});

		test('a backup that cannot be written stops the reset before anything is sent', async () => {
			const group = await stopped();
			const preview = await kafka.preview(group, 'latest');
			const full = {...kafka.acting(), saveFile: async () => Promise.reject(new Error('no space left'))};
			await expect(kafka.action.run(preview.plan, full)).rejects.toThrow('no space left');
			expect(byTool(server, group)).toEqual([40, 50, 60]);
		});

		test('a read-only connection refuses the reset', async () => {
			const group = await stopped();
			const preview = await kafka.preview(group, 'latest');
			const shut = await openKafka(settingsFor(brokerAddresses(server), patientTimeouts), {readOnly: true});
			await expect(kafka.action.run(preview.plan, shut.acting())).rejects.toMatchObject({kind: 'denied'});
			await shut.close();
			expect(byTool(server, group)).toEqual([40, 50, 60]);
		});
	});
}

describeKafka('kafka-4', 'a reset that is not allowed', server => {
	test('is reported by the preflight, and refused by the brokers', async () => {
		const topic = uniqueName('events');
		const group = uniqueName('stopped');
		await makeTopic(server, topic, 1);
		await produce(server, topic, [{value: '{}'}, {value: '{}'}]);
		await stoppedGroup(server, group, topic, [{partition: 0, offset: 1}]);
		const {host, sasl} = listenersOf(server);
		const open = async (login: 'monitor' | 'operator') =>
			openKafka(settingsFor({host, port: sasl}, {...patientTimeouts, sasl: saslOf(server.logins[login])}));
		const monitor = await open('monitor');
		const preview = await monitor.preview(group, 'latest');
		expect(await monitor.action.preflight(preview.plan, monitor.acting())).toContainEqual(
			expect.objectContaining({
				label: 'the right to commit for it',
				result: 'block',
				detail: expect.stringMatching(/^not permitted: an administrator grants it with: kafka-acls/),
			}),
		);
		await expect(monitor.action.run(preview.plan, monitor.acting())).rejects.toMatchObject({kind: 'denied'});
		expect(byTool(server, group)).toEqual([1]);
		const operator = await open('operator');
		const again = await operator.preview(group, 'latest');
		const checks = await operator.action.preflight(again.plan, operator.acting());
		expect(checks.map(({result}) => result)).toEqual(['pass', 'pass', 'pass', 'pass']);
		await operator.action.run(again.plan, operator.acting());
		expect(byTool(server, group)).toEqual([2]);
		await monitor.close();
		await operator.close();
	});
});

import kafkajs from 'kafkajs';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {kafkaSystem} from '../../../adapters/kafka/system.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import {runKafkaTool, withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {makeTopic, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {testContext} from '../conformance-subject.ts';
import {findAction, openSystemFixture} from '../system-fixture.ts';
import {listenersOf, saslOf, settingsFor, uniqueName} from './kafka-fixture.ts';

const {AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes} = kafkajs;

/** The words of a line that needs no quoting but that of a lone `*`. */
const wordsOf = (line: string): readonly string[] => line.split(' ').map(word => word.replaceAll("'", ''));

describeKafka('kafka-4', 'the least grants', server => {
	const {sasl} = listenersOf(server);
	const principal = `User:${server.logins.bare.user}`;
	const settings = settingsFor(
		{host: server.host, port: sasl},
		{sasl: saslOf(server.logins.bare), requestTimeoutMs: 5000},
	);
	const target = {name: 'events', kind: 'kafka', production: true, settings} as const;
	const topic = uniqueName('least');

	/** Runs Kafka's own tool as the administrator, on the listener that requires no login. */
	const run = (line: string) =>
		runKafkaTool(
			server,
			'org.apache.kafka.tools.AclCommand',
			wordsOf(line)
				.slice(1)
				.map(word => (word === `${server.host}:${sasl}` ? `${server.host}:${server.port}` : word)),
		);

	beforeAll(async () => {
		await makeTopic(server, topic, 2);
		await produceCount(server, topic, 20);
		await stoppedGroup(server, topic, topic, [{partition: 0, offset: 4}]);
	});
	afterAll(async () => {
		await withKafkaAdmin(server, async admin => {
			await admin.deleteAcls({
				filters: [
					{
						resourceType: AclResourceTypes.ANY,
						resourcePatternType: ResourcePatternTypes.ANY,
						principal,
						operation: AclOperationTypes.ANY,
						permissionType: AclPermissionTypes.ANY,
					},
				],
			});
			await admin.deleteGroups([topic]);
			await admin.deleteTopics({topics: [topic]});
		});
	});

	test('let a principal that had none watch and act, and doctor reports nothing missing', async () => {
		const {forReading: watch = [], forActions: act = []} = kafkaSystem.grants?.(target, undefined) ?? {};
		for (const line of watch) run(line);
		const kafka = await openSystemFixture(kafkaSystem, target);
		try {
			const lacking = async () =>
				(await kafka.connection.permissions(testContext()))
					.filter(({state}) => state !== 'have')
					.map(({needs}) => needs);
			await expect.poll(lacking).toEqual(['kafka.reset-offsets', 'kafka.reset-offsets (undo of a first commit)']);
			const {rows, notes} = await kafka.read<LagRow>('kafka.lag');
			expect(notes.filter(({severity}) => severity === 'unknown')).toEqual([]);
			const row = rows.find(({group}) => group === topic) ?? expect.fail('no row');
			expect((await kafka.read('kafka.topic')).rows.length).toBeGreaterThan(0);
			for (const {id, kind} of kafkaSystem.inspections) {
				if (kind === 'kafka.lag') expect(await kafka.inspect(id, row)).not.toMatch(/denied|not authori[sz]ed/i);
			}
			for (const line of act) run(line);
			await expect.poll(lacking).toEqual([]);
			const action = findAction(kafkaSystem, 'kafka.reset-offsets');
			const preview = await action.preview([row], {to: '0:earliest'}, kafka.actionContext());
			const receipt = await action.run(preview.plan, kafka.actionContext());
			expect(await action.verify(preview.plan, receipt, kafka.actionContext())).toMatchObject({result: 'done'});
		} finally {
			await kafka.connection.close();
		}
	});
});

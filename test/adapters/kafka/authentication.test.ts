import kafkajs from 'kafkajs';
import {afterEach, expect, test} from 'vitest';
import {describeKafka} from '../../estate/describe-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {runKafkaTool, withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {makeTopic, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {
	closeKafkaClients,
	connectKafkaClient,
	listenersOf,
	readUntil,
	rejectionOf,
	saslOf,
	settingsFor,
	testContext,
	uniqueName,
	writeContext,
} from './kafka-fixture.ts';
import {openKafka, patientTimeouts} from './kafka-system-fixture.ts';

afterEach(closeKafkaClients);

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** A client that logs in as one of the estate's users. */
function as(server: KafkaServer, who: keyof KafkaServer['logins'], mechanism: (typeof mechanisms)[number] = 'plain') {
	const {host, sasl} = listenersOf(server);
	return connectKafkaClient(settingsFor({host, port: sasl}, {sasl: saslOf(server.logins[who], mechanism)}));
}

async function stage(server: KafkaServer) {
	const topic = uniqueName('guarded');
	const group = uniqueName('guarded');
	await makeTopic(server, topic);
	await produceCount(server, topic, 10);
	await stoppedGroup(server, group, topic, [{partition: 0, offset: 4}]);
	return {topic, group, change: {group, offsets: [{topic, partition: 0, offset: 2, metadata: ''}]}};
}

for (const name of ['kafka-4', 'kafka-3.9'] as const) {
	describeKafka(name, 'logins', server => {
		test.each(mechanisms)('%s reads what the user may read', async mechanism => {
			const {topic, group} = await stage(server);
			const {port} = as(server, 'monitor', mechanism);
			const {read} = await port.groups(testContext);
			expect(read.map(one => one.group)).toContain(group);
			expect((await port.committed([group], testContext)).read[0]?.offsets).toMatchObject([{offset: 4}]);
			expect((await port.offsets([{topic, partition: 0}], 'latest', testContext)).read).toMatchObject([{offset: 10}]);
		});

		test.each(mechanisms)('%s with a wrong password is refused once, and says so', async mechanism => {
			const {host, sasl} = listenersOf(server);
			const login = saslOf({user: 'monitor', password: 'not this'}, mechanism);
			const {port} = connectKafkaClient(
				settingsFor(
					[
						{host, port: sasl},
						{host, port: sasl},
					],
					{sasl: login},
				),
			);
			expect(await rejectionOf(port.cluster(testContext))).toMatchObject({
				kind: 'denied',
				message: expect.stringMatching(/a login as monitor: the login was refused/),
				hint: expect.stringMatching(/username and password/),
			});
		});

		test('a client without a login is refused by a port that requires one', async () => {
			const {host, sasl} = listenersOf(server);
			expect(
				await rejectionOf(connectKafkaClient(settingsFor({host, port: sasl})).port.cluster(testContext)),
			).toMatchObject({
				kind: 'unreachable',
				hint: expect.stringMatching(/`sasl`/),
			});
		});

		test('a login is refused by a port that does not take one', async () => {
			const {port} = connectKafkaClient(settingsFor(server, {sasl: saslOf(server.logins.monitor)}));
			expect(await rejectionOf(port.cluster(testContext))).toMatchObject({
				kind: 'denied',
				hint: expect.stringMatching(/Remove `sasl`/),
			});
		});
	});

	describeKafka(name, 'ACLs', server => {
		test('an action without the permission is refused with the command that grants it, and that command works', async () => {
			const {topic, group, change} = await stage(server);
			const {port} = as(server, 'monitor');
			const before = (await port.committed([group], testContext)).read;
			const commit = await rejectionOf(port.commitOffsets(change, writeContext));
			expect(commit).toMatchObject({kind: 'denied', message: `OffsetCommit: User:monitor may not Read group ${group}`});
			const {host, sasl} = listenersOf(server);
			const line = `kafka-acls.sh --bootstrap-server ${host}:${sasl} --add --allow-principal User:monitor --operation Read --group ${group}`;
			expect(commit.hint).toBe(`An administrator grants it with: ${line}`);
			const drop = {group, partitions: [{topic, partition: 0}]};
			expect((await rejectionOf(port.deleteOffsets(drop, writeContext))).hint).toMatch(
				/--operation Delete --group guarded-[\w-]+$/,
			);
			const peek = port.peek({topic, partition: 0, offset: 0}, {messages: 1, bytes: 1000}, testContext);
			expect((await rejectionOf(peek)).hint).toMatch(new RegExp(`--operation Read --topic ${topic}$`));
			expect((await port.committed([group], testContext)).read).toEqual(before);

			// As an administrator would, on the port where they need no login.
			const acl = 'org.apache.kafka.tools.AclCommand';
			const tool = name === 'kafka-4' ? acl : 'kafka.admin.AclCommand';
			const words = line.split(' ').slice(3);
			const grant = (extra: readonly string[]) =>
				runKafkaTool(server, tool, ['--bootstrap-server', `${server.host}:${server.port}`, ...extra]);
			grant(words);
			const topicHint = (await rejectionOf(port.commitOffsets(change, writeContext))).hint;
			expect(topicHint).toMatch(new RegExp(`--operation Read --topic ${topic}$`));
			grant(topicHint.split(' ').slice(8));
			await port.commitOffsets(change, writeContext);
			expect((await port.committed([group], testContext)).read[0]?.offsets).toMatchObject([{offset: 2}]);
		});

		test('a user with the permissions can run the actions', async () => {
			const {topic, group, change} = await stage(server);
			const {port} = as(server, 'operator');
			await port.commitOffsets(change, writeContext);
			expect((await port.committed([group], testContext)).read[0]?.offsets).toMatchObject([{offset: 2}]);
			expect(
				await port.peek({topic, partition: 0, offset: 0}, {messages: 3, bytes: 100_000}, testContext),
			).toHaveLength(3);
			await port.deleteOffsets({group, partitions: [{topic, partition: 0}]}, writeContext);
			expect((await port.committed([group], testContext)).read[0]?.offsets).toEqual([]);
		});

		test('a user without permissions sees what each request lacks, and no group', async () => {
			const {topic, group} = await stage(server);
			const {port} = as(server, 'bare');
			expect((await port.groups(testContext)).read).toEqual([]);
			const named = {group, type: 'classic', protocolType: 'consumer', state: 'Empty'} as const;
			const hint = expect.stringMatching(/--allow-principal User:bare --operation Describe --group/);
			const refused = [{of: group, problem: expect.stringMatching(/User:bare may not Describe group/), hint}];
			expect(await port.describe([named], testContext)).toMatchObject({read: [], failed: refused});
			expect(await port.committed([group], testContext)).toMatchObject({read: [], failed: refused});
			expect((await port.topics([topic], testContext)).failed).toMatchObject([
				{of: topic, problem: expect.stringMatching(/User:bare may not Describe topic/)},
			]);
			const at = {topic, partition: 0};
			expect((await port.offsets([at], 'latest', testContext)).failed).toMatchObject([
				{of: at, problem: expect.stringMatching(/User:bare may not Describe topic/)},
			]);
		});

		test('when groups may be hidden or cannot be read, the pane shows the command that grants it', async () => {
			const {group} = await stage(server);
			const {host, sasl} = listenersOf(server);
			const notesFor = async (who: keyof KafkaServer['logins']) => {
				const kafka = await openKafka(
					settingsFor({host, port: sasl}, {sasl: saslOf(server.logins[who]), ...patientTimeouts}),
				);
				const notes = async () => (await kafka.read('kafka.lag')).notes.filter(({severity}) => severity === 'unknown');
				return {notes, close: kafka.close};
			};
			const bare = await notesFor('bare');
			expect(await bare.notes()).toEqual([
				{
					text: 'the brokers list no group: without Describe on the cluster they hide those that this user may not describe',
					hint: expect.stringMatching(/kafka-acls\.sh .*--allow-principal User:bare --operation Describe --cluster$/),
					severity: 'unknown',
				},
			]);
			await bare.close();
			const monitor = await notesFor('monitor');
			expect(await monitor.notes()).toEqual([]);
			// A rule that denies goes before all that allow, and this one touches no other test.
			const denial = {
				resourceType: kafkajs.AclResourceTypes.GROUP,
				resourceName: group,
				resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
				principal: 'User:monitor',
				host: '*',
				operation: kafkajs.AclOperationTypes.ALL,
				permissionType: kafkajs.AclPermissionTypes.DENY,
			};
			await withKafkaAdmin(server, admin => admin.createAcls({acl: [denial]}));
			const notes = await readUntil(monitor.notes, notes => notes.length > 0);
			expect(notes).toEqual([
				{
					text: `1 group cannot be read: OffsetFetch: User:monitor may not Describe group ${group}`,
					hint: expect.stringContaining('--operation Describe --group'),
					severity: 'unknown',
				},
			]);
			await withKafkaAdmin(server, admin => admin.deleteAcls({filters: [denial]}));
			await readUntil(monitor.notes, notes => notes.length === 0);
			await monitor.close();
		});

		test('permissions are reported without using them', async () => {
			await stage(server);
			const states = async (who: keyof KafkaServer['logins']) => {
				const all = await as(server, who).port.permissions(testContext);
				return Object.fromEntries(all.map(({name: right, state}) => [right, state]));
			};
			const yes = Object.fromEntries(
				['Describe on the cluster', 'Describe on groups', 'Describe on topics'].map(right => [right, 'have']),
			);
			const acts = ['Read on groups', 'Read on topics', 'Delete on groups'];
			const all = (state: string) => Object.fromEntries(acts.map(right => [right, state]));
			expect(await states('admin')).toEqual({...yes, ...all('have')});
			expect(await states('operator')).toEqual({...yes, ...all('have')});
			expect(await states('monitor')).toMatchObject(yes);
			expect(await states('monitor')).toMatchObject({'Read on topics': 'lack', 'Delete on groups': 'lack'});
			expect(await states('bare')).toMatchObject({
				'Describe on the cluster': 'lack',
				'Describe on groups': 'unknown',
				'Read on groups': 'unknown',
			});
			for (const {state, grant} of await as(server, 'monitor').port.permissions(testContext)) {
				expect(grant).toMatch(state === 'have' ? /^$/ : /^kafka-acls\.sh .*--add --allow-principal User:monitor/);
			}
		});

		test('a reset is checked for the permissions on its own group and topic, whatever is denied elsewhere', async () => {
			const [own, other] = [await stage(server), await stage(server)];
			const about = {group: own.group, topic: own.topic, type: 'classic' as const};
			const {port} = as(server, 'operator');
			const deny = (group: string) => ({
				resourceType: kafkajs.AclResourceTypes.GROUP,
				resourceName: group,
				resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
				principal: 'User:operator',
				host: '*',
				operation: kafkajs.AclOperationTypes.READ,
				permissionType: kafkajs.AclPermissionTypes.DENY,
			});
			const rightOn = async (group: string) =>
				(await port.permissions(testContext, {...about, group})).find(one => one.name === 'Read on groups');
			await withKafkaAdmin(server, admin => admin.createAcls({acl: [deny(other.group)]}));
			try {
				await readUntil(
					() => rightOn(other.group),
					right => right?.state === 'lack',
				);
				expect(await port.permissions(testContext, about)).toMatchObject([
					{name: 'Read on groups', state: 'have'},
					{name: 'Read on topics', state: 'have'},
					{name: 'Delete on groups', state: 'have'},
				]);
				await withKafkaAdmin(server, admin => admin.createAcls({acl: [deny(own.group)]}));
				await readUntil(
					() => rightOn(own.group),
					right => right?.state === 'lack',
				);
				expect((await rightOn(own.group))?.grant).toContain(`--operation Read --group ${own.group}`);
			} finally {
				const filters = [deny(other.group), deny(own.group)];
				await withKafkaAdmin(server, admin => admin.deleteAcls({filters}));
			}
		});
	});

	describeKafka(name, 'TLS', server => {
		const at = (which: 'tls' | 'expired' | 'saslTls' | 'sasl') => {
			const {host, ...ports} = listenersOf(server);
			return {host, port: ports[which]};
		};
		const {ca} = listenersOf(server);

		test('with a configured CA it reads, with and without a login', async () => {
			const plain = connectKafkaClient(settingsFor(at('tls'), {tls: {ca}}));
			expect((await plain.port.cluster(testContext)).brokers).toHaveLength(1);
			const login = saslOf(server.logins.monitor, 'scram-sha-512');
			const both = connectKafkaClient(settingsFor(at('saslTls'), {tls: {ca}, sasl: login}));
			expect((await both.port.cluster(testContext)).brokers).toHaveLength(1);
		});

		test('without a CA the error names the setting', async () => {
			const error = await rejectionOf(connectKafkaClient(settingsFor(at('tls'), {tls: {}})).port.cluster(testContext));
			expect(error).toMatchObject({kind: 'unreachable', hint: expect.stringMatching(/tls\.ca/)});
		});

		test('an expired certificate is reported as expired', async () => {
			const error = await rejectionOf(
				connectKafkaClient(settingsFor(at('expired'), {tls: {ca}})).port.cluster(testContext),
			);
			expect(error).toMatchObject({kind: 'unreachable', hint: expect.stringMatching(/has expired/)});
		});

		test('a host name that is not in the certificate is reported, and one that is in it is accepted', async () => {
			const wrong = connectKafkaClient(settingsFor(at('tls'), {tls: {ca, servername: 'kafka.example'}}));
			expect(await rejectionOf(wrong.port.cluster(testContext))).toMatchObject({
				hint: expect.stringMatching(/tls\.servername/),
			});
			const right = connectKafkaClient(settingsFor(at('tls'), {tls: {ca, servername: 'localhost'}}));
			expect((await right.port.cluster(testContext)).brokers).toHaveLength(1);
		});

		test('a port without TLS is reported, and a port with TLS when none was expected', async () => {
			const tooMuch = await rejectionOf(connectKafkaClient(settingsFor(server, {tls: {ca}})).port.cluster(testContext));
			expect(tooMuch).toMatchObject({kind: 'unreachable', hint: expect.stringMatching(/remove `tls`/i)});
			const tooLittle = await rejectionOf(connectKafkaClient(settingsFor(at('tls'))).port.cluster(testContext));
			expect(tooLittle.hint).toMatch(/`tls`/);
		});

		test('a missing certificate file is reported by its name', async () => {
			const error = await rejectionOf(
				connectKafkaClient(settingsFor(at('tls'), {tls: {ca: '/not/there.pem'}})).port.cluster(testContext),
			);
			expect(error.message).toMatch(/not\/there\.pem/);
		});
	});
}

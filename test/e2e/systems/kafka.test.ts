import {mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {connect, createServer, type Server} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {lagsByTool, listenersOf, uniqueName} from '../../adapters/kafka/kafka-fixture.ts';
import {joinScriptedMember} from '../../adapters/kafka/scripted-member.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {makeTopic, produce, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';

let open: ConsoleProcess | undefined;
const closing: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
	await open?.close();
	open = undefined;
	for (const close of closing.splice(0)) await close();
});

/** Fills in the one field of the reset, and waits for what it would do. */
async function plan(midwatch: ConsoleProcess, to: string): Promise<string> {
	await midwatch.openDeclared('kafka.reset-offsets', 'earliest, latest');
	midwatch.press('field.clear');
	midwatch.type(to);
	await midwatch.expect(`${to}▏`);
	midwatch.press('field.accept');
	return midwatch.expect('will run');
}

async function undo(midwatch: ConsoleProcess): Promise<void> {
	midwatch.press('list.choose');
	await midwatch.expectAbsent('Done');
	midwatch.press('deck.undo');
	await midwatch.expect(/offsets of .* committed on/);
	midwatch.press('list.choose');
	await midwatch.confirm();
	await midwatch.expect('Done');
}

test('in the demo, lag heals by keyboard when the group is put past the message that its members die of', async () => {
	open = await startConsole({demo: 'lag', rows: 45});
	await open.zoom(5, 'Consumer lag');
	// The topics are there first.
	await open.expect(/order-processing +order-events/);
	await open.select('order-processing');
	await open.arm('kafka-main');
	await open.openDeclared('kafka.partitions', 'The oldest message that waits is on partition 7');
	open.press('deck.back');
	await open.expectAbsent('The oldest message');
	await open.openDeclared('kafka.messages', 'Partition');
	open.press('field.clear');
	open.type('7');
	open.press('field.next');
	await open.expect('committed▏');
	open.press('field.accept');
	await open.expect('(binary, 11B)');
	open.press('deck.back');
	await open.expectAbsent('(binary, 11B)');
	// Another partition first: it does not help.
	await plan(open, '3:+1');
	await open.confirm();
	await open.expect('Done');
	open.press('list.choose');
	await open.expectAbsent('Done');
	await open.expect('STOP');
	await plan(open, '7:+1');
	await open.confirm();
	await open.expect('Done');
	open.press('list.choose');
	await open.expectAbsent('STOP');
	await open.expectAbsent('Done');
	expect(await open.expect('order-processing')).not.toContain('STOP');
	const verified = () => open?.audit().flatMap(({kind, result}) => (kind === 'verify' ? [result] : []));
	await expect.poll(verified).toEqual(['done', 'done']);
	expect(await open.quit()).toEqual({code: 0});
});

describeKafka('kafka-4', 'offsets by keyboard', server => {
	/** A group that has stopped at 4 and 5 of 10 messages of each partition. */
	async function stopped(): Promise<{readonly group: string; readonly topic: string}> {
		const topic = uniqueName('e2e');
		const group = uniqueName('grp');
		await makeTopic(server, topic, 2);
		const messages = Array.from({length: 10}, (_, at) => `{"order": ${at}}`);
		await produce(
			server,
			topic,
			[0, 1].flatMap(partition => messages.map(value => ({partition, value}))),
		);
		await stoppedGroup(server, group, topic, [
			{partition: 0, offset: 4},
			{partition: 1, offset: 5},
		]);
		return {group, topic};
	}

	const committed = (group: string) => lagsByTool(server, group).map(one => one.committed);

	/** A console on this group alone. */
	async function watch(
		group: string,
		{port = server.port, login}: {readonly port?: number; readonly login?: keyof KafkaServer['logins']} = {},
	): Promise<ConsoleProcess> {
		const folder = mkdtempSync(join(tmpdir(), 'midwatch-kafka-'));
		closing.push(() => rmSync(folder, {recursive: true, force: true}));
		const secret = join(folder, 'password');
		const name = login === undefined ? undefined : server.logins[login];
		if (name !== undefined) writeFileSync(secret, name.password, {mode: 0o600});
		const sasl = name && {mechanism: 'plain', username: name.user, password: `\${file:${secret}}`};
		const target = {
			name: 'kafka',
			kind: 'kafka',
			production: false,
			brokers: [`${server.host}:${port}`],
			groups: `^${group}$`,
			requestTimeoutMs: 10_000,
			...(sasl === undefined ? {} : {sasl}),
		};
		const file = join(folder, 'midwatch.yaml');
		writeFileSync(file, stringify({targets: [target]}), {mode: 0o600});
		const midwatch = await startConsole({file, rows: 45});
		await midwatch.expect('Consumer lag');
		await midwatch.expect(new RegExp(`${group} +\\S`));
		await midwatch.select(group);
		return midwatch;
	}

	test('are reset, read back, undone and recorded', async () => {
		const {group, topic} = await stopped();
		open = await watch(group);
		await open.expect('STOP');
		expect(await plan(open, '0:+3, 1:earliest')).toContain('3 messages will never be read');
		expect(committed(group)).toEqual([4, 5]);
		await open.confirm();
		await open.expect('Done');
		expect(committed(group)).toEqual([7, 0]);
		await undo(open);
		expect(committed(group)).toEqual([4, 5]);
		const kinds = () => open?.audit().map(line => line.kind) ?? [];
		await expect.poll(() => kinds().filter(kind => kind === 'verify')).toHaveLength(2);
		const outcome = open.audit().find(line => line.kind === 'outcome') as {
			readonly receipt?: {before: Record<string, string>};
		};
		const backup = outcome.receipt?.before['backup'] ?? '';
		expect(readFileSync(backup, 'utf8')).toBe(`${topic},0,4\n${topic},1,5\n`);
		expect(statSync(backup).mode & 0o777).toBe(0o600);
		expect(open.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
		open.press('list.choose');
		await open.expectAbsent('Done');
		expect(await open.quit()).toEqual({code: 0});
	});

	test('of a group that has members are not reset', async () => {
		const {group, topic} = await stopped();
		const member = await joinScriptedMember(server, group, topic);
		closing.push(() => member.leave());
		open = await watch(group);
		await open.openDeclared('kafka.reset-offsets', 'earliest, latest');
		open.press('field.accept');
		await open.expect(/Blocked/);
		await open.expect('Stop it first');
		expect(committed(group)).toEqual([4, 5]);
	});

	test('that have moved meanwhile are not reset', async () => {
		const {group, topic} = await stopped();
		open = await watch(group);
		await plan(open, 'latest');
		await stoppedGroup(server, group, topic, [{partition: 1, offset: 6}]);
		await open.expect('The object has changed since the preview');
		expect(committed(group)).toEqual([4, 6]);
	});

	test('are not reset by whom the brokers do not let', async () => {
		const {group} = await stopped();
		open = await watch(group, {port: listenersOf(server).sasl, login: 'monitor'});
		await open.openDeclared('kafka.reset-offsets', 'earliest, latest');
		open.press('field.accept');
		await open.expect(/Blocked/);
		await open.expect('not permitted');
		expect(committed(group)).toEqual([4, 5]);
	});

	/** A relay at the address that the broker advertises. It passes everything but the answer to a commit. */
	async function swallowCommits(): Promise<void> {
		const {faulty, host} = listenersOf(server);
		const offsetCommit = 8;
		const relay: Server = createServer(client => {
			const broker = connect({host, port: faulty.port});
			let swallows = false;
			client.on('error', () => broker.destroy());
			broker.on('error', () => client.destroy());
			client.on('close', () => broker.destroy());
			client.on('data', bytes => {
				if (bytes.length > 6 && bytes.readInt16BE(4) === offsetCommit) swallows = true;
				broker.write(bytes);
			});
			broker.on('data', bytes => {
				if (!swallows) client.write(bytes);
			});
		});
		// Another test may stand there.
		for (let turn = 0; ; turn += 1) {
			const error = await new Promise<Error | undefined>(resolve => {
				relay.once('error', resolve);
				relay.listen(faulty.advertisedPort, host, () => resolve(undefined));
			});
			if (error === undefined) break;
			if (turn > 60) throw error;
			await new Promise(resolve => setTimeout(resolve, 1000));
		}
		closing.push(() => new Promise(resolve => relay.close(resolve)));
	}

	test('whose commit is not answered have an unknown outcome, which is shown', async () => {
		const {group} = await stopped();
		await swallowCommits();
		open = await watch(group, {port: listenersOf(server).faulty.advertisedPort});
		await plan(open, '0:+1');
		await open.confirm();
		await open.expect('The outcome is not known');
		expect(committed(group)).toEqual([5, 5]);
		expect(open.audit().find(line => line.kind === 'outcome')).toMatchObject({result: 'unknown'});
		await open.close();
		open = undefined;
	});
});

import {type Consumer, Kafka, logLevel} from 'kafkajs';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {describeKafka} from '../../estate/describe-server.ts';
import {type DisposableServer, startDisposableKafka} from '../../estate/disposable-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {makeTopic, produce} from '../../estate/kafka/kafka-load.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';
import {expectFramed, expectUsable} from '../failure-modes/failure-modes.ts';
import {expectSanitized, expectSanitizedSnapshot, fiveMegabytes, hostileName} from './hostile-text.ts';

/** A bell makes it binary, which is shown as hex: this one ends its title by a sequence instead. */
const text = hostileName.replace('\u0007', '\u001b\\');

describeKafka('kafka-4', 'text from outside', like => {
	let own: DisposableServer<KafkaServer>;
	let open: ConsoleProcess;
	let member: Consumer;

	beforeAll(async () => {
		own = await startDisposableKafka(like);
		const server = own.current();
		await makeTopic(server, 'orders');
		await withKafkaAdmin(server, async admin => {
			const configEntries = [{name: 'max.message.bytes', value: String(3 * fiveMegabytes)}];
			await admin.createTopics({topics: [{topic: 'large', configEntries}], waitForLeaders: true});
		});
		await produce(server, 'orders', [
			{key: text, value: JSON.stringify({note: text}), headers: {[text]: text}},
			{key: 'plain', value: `says ${text}`},
			{key: 'bell', value: hostileName},
			{key: Buffer.from([0, 27, 155, 255]), value: Buffer.from([27, 91, 50, 74, 0, 255])},
			{key: 'last', value: null},
		]);
		await produce(server, 'large', [
			{key: 'before', value: 'a short one'},
			{key: 'long', value: `{"long": "${'x'.repeat(fiveMegabytes)}"}`},
			{key: 'long-header', value: 'short', headers: {long: 'h'.repeat(fiveMegabytes)}},
			{key: 'after', value: 'a short one again'},
		]);
		member = new Kafka({
			clientId: hostileName,
			brokers: [`${server.host}:${server.port}`],
			logLevel: logLevel.NOTHING,
		}).consumer({groupId: `group-${hostileName}`, heartbeatInterval: 500});
		const joined = new Promise<void>(resolve => member.on(member.events.GROUP_JOIN, () => resolve()));
		await member.connect();
		await member.subscribe({topics: ['orders', 'large'], fromBeginning: true});
		await member.run({autoCommit: false, eachMessage: async () => {}});
		member.pause([{topic: 'orders'}, {topic: 'large'}]);
		await joined;
		const offsets = ['orders', 'large'].map(topic => ({topic, partition: 0, offset: '0', metadata: hostileName}));
		await member.commitOffsets(offsets);
		open = await startConsole({servers: [server], columns: 160, rows: 40});
		await open.zoom(5, 'Consumer lag');
	});
	afterAll(async () => {
		await open?.close();
		await member?.disconnect();
		await own?.end();
	});

	/** Opens the messages of the row from an offset on. */
	async function peek(from: number): Promise<void> {
		await open.openDeclared('kafka.messages', 'Partition');
		open.press('field.next', 'field.clear');
		open.type(String(from));
		await open.expect(`${from}▏`);
		open.press('field.accept');
		await open.expect('The partition holds');
	}

	async function leave(): Promise<void> {
		open.press('deck.back');
		await open.expectAbsent('esc back');
	}

	test('in a key, a header, a value, a group and a client is shown without its controls', async () => {
		await open.expect(/group-evil<202e><200b> +orders/);
		await open.select('orders ');
		await peek(0);
		const screen = await open.expect(/says evil/);
		expect(screen).toMatch(/key evil<202e><200b> /);
		expect(screen).toMatch(/evil<202e><200b>: evil/);
		// JSON writes its controls out as text.
		expect(screen).toMatch(/"note": "ev\\u001b\[2J/);
		expect(screen).toMatch(/\(binary, \d+B\)/);
		await leave();
		await open.openDeclared('kafka.describe-group', 'esc back');
		await open.expect(/evil<202e><200b>-[0-9a-f]{8}/);
		await leave();
		expectSanitized(open);
		await expectFramed(open);
		await expectSanitizedSnapshot(open);
	});

	test('a topic cannot have such a name', async () => {
		const topics = [{topic: text}];
		await expect(withKafkaAdmin(own.current(), admin => admin.createTopics({topics}))).rejects.toMatchObject({
			errors: [{type: 'INVALID_TOPIC_EXCEPTION'}],
		});
	});

	test('5 MB message: it is shown up to a limit that is named, and the pane is still read', async () => {
		await open.select('large');
		await peek(0);
		await open.expect('a short one');
		open.press('text.last');
		await open.expect(/(?:100 %|all) {2}esc back/);
		await leave();
		for (const offset of [1, 2]) {
			await peek(offset);
			await open.expect(/x{40}|h{40}/);
			open.press('text.last');
			await open.expect(/(?:100 %|all) {2}esc back/);
			expect(open.pty.screen()).toMatch(/… of 5(?:\.0)?Mi/);
			await leave();
		}
		await peek(3);
		await open.expect('a short one again');
		await leave();
		await expectUsable(open);
		expectSanitized(open);
		await expectFramed(open);
		expect(open.pty.screen()).not.toMatch(/ old ─/);
	});
});

import {expect} from 'vitest';
import {createKafkaClient, type KafkaClient} from '../../../adapters/kafka/client.ts';
import type {Context} from '../../../src/contract/context.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {KafkaGroup, KafkaSettings, KafkaWriteContext} from '../../../src/port/kafka.ts';
import type {KafkaServer, Login} from '../../estate/estate-record.ts';
import {runKafkaTool} from '../../estate/kafka/kafka.ts';
import {timeLeftMs} from '../../time-left.ts';

export const testContext: Context = {signal: new AbortController().signal, now: Date.now};
export const writeContext: KafkaWriteContext = {...testContext, record: 'test-1'};

type At = {readonly host: string; readonly port: number};

export const settingsFor = (at: At | readonly At[], more: Partial<KafkaSettings> = {}): KafkaSettings => ({
	brokers: 'host' in at ? [{host: at.host, port: at.port}] : at,
	connectTimeoutMs: 1500,
	requestTimeoutMs: 1500,
	...more,
});

export const brokerAddresses = (server: KafkaServer): readonly At[] =>
	server.nodes.map(({port}) => ({host: server.host, port}));

/** The address of each listener of a server that requires a login or a certificate. */
export function listenersOf(server: KafkaServer) {
	const {listeners, host, ca} = server;
	if (listeners === undefined || ca === undefined) throw new Error(`${server.name} has no listeners with guards`);
	return {host, ca, ...listeners};
}

export const saslOf = (
	{user, password}: Login,
	mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' = 'plain',
): NonNullable<KafkaSettings['sasl']> => ({
	mechanism,
	username: user,
	password: {source: 'the estate', reveal: async () => password},
});

const open: KafkaClient[] = [];

/** A client of the adapter, closed by `closeKafkaClients`. */
export function connectKafkaClient(settings: KafkaSettings, options = {readOnly: false}): KafkaClient {
	const client = createKafkaClient(settings, options);
	open.push(client);
	return client;
}

export function closeKafkaClients(): void {
	for (const client of open.splice(0)) client.close();
}

export async function rejectionOf(work: Promise<unknown>): Promise<AdapterError> {
	const error = await work.then(
		() => undefined,
		thrown => thrown,
	);
	if (!(error instanceof AdapterError)) throw new Error(`an AdapterError was expected, and there was ${error}`);
	expect(error.hint).toMatch(/\S/);
	return error;
}

let serial = 0;

/** A name that no other test uses. */
export const uniqueName = (word: string): string => `${word}-${process.pid}-${serial++}`;

/** Lists and describes some groups. @throws Error when one of them cannot be described */
export async function describeNamed(client: KafkaClient, names: readonly string[]): Promise<readonly KafkaGroup[]> {
	const {read} = await client.port.groups(testContext);
	const wanted = read.filter(({group}) => names.includes(group));
	const described = await client.port.describe(wanted, testContext);
	expect(described.failed).toEqual([]);
	return names.flatMap(name => described.read.filter(({group}) => group === name));
}

const columns = (text: string): readonly (readonly string[])[] =>
	text
		.split('\n')
		.map(line => line.trim().split(/\s+/))
		.filter(words => words.length > 3);

const groupTool = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';

/** The partitions of a group by kafka-consumer-groups, to compare with. NaN where the tool prints `-`. */
export function lagsByTool(server: KafkaServer, group: string) {
	const at = ['--bootstrap-server', `${server.host}:${server.port}`];
	const lines = columns(runKafkaTool(server, groupTool, [...at, '--describe', '--group', group]));
	return lines
		.filter(([name]) => name === group)
		.map(([, topic = '', partition, committed, end, lag, member = '']) => ({
			topic,
			partition: Number(partition),
			committed: Number(committed),
			end: Number(end),
			lag: Number(lag),
			member,
		}))
		.sort((a, b) => a.partition - b.partition);
}

/** The start offsets of a share group, by kafka-share-groups. */
export function startsByTool(server: KafkaServer, group: string) {
	const tool = 'org.apache.kafka.tools.consumer.group.ShareGroupCommand';
	const at = ['--bootstrap-server', `${server.host}:${server.port}`];
	return columns(runKafkaTool(server, tool, [...at, '--describe', '--group', group]))
		.filter(([name]) => name === group)
		.map(([, , partition, start]) => ({partition: Number(partition), offset: Number(start)}))
		.sort((a, b) => a.partition - b.partition);
}

/** The state and the number of members of a group, by kafka-consumer-groups. */
export function stateByTool(server: KafkaServer, group: string): {readonly state: string; readonly members: number} {
	const at = ['--bootstrap-server', `${server.host}:${server.port}`];
	const lines = columns(runKafkaTool(server, groupTool, [...at, '--describe', '--group', group, '--state']));
	const [, words = []] = lines;
	return {state: words.at(-2) ?? '', members: Number(words.at(-1))};
}

/** Reads until the value is as wanted, and returns it. @throws Error with the last value at the end of the test's time */
export async function readUntil<T>(read: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
	for (const end = Date.now() + timeLeftMs(); ; ) {
		const value = await read();
		if (wanted(value)) return value;
		if (Date.now() > end) throw new Error(`it never came: ${JSON.stringify(value)}`);
		await new Promise(resolve => setTimeout(resolve, 100));
	}
}

import {type ChildProcess, spawn} from 'node:child_process';
import {join} from 'node:path';
import type {Consumer, Message} from 'kafkajs';
import type {KafkaServer} from '../estate-record.ts';
import {kafkaClient, withKafkaAdmin} from './kafka.ts';

/** Creates a topic and waits until all its partitions have a leader. */
export async function makeTopic(
	server: KafkaServer,
	topic: string,
	partitions = 1,
	replicas = server.nodes.length,
): Promise<void> {
	await withKafkaAdmin(server, async admin => {
		await admin.createTopics({
			topics: [{topic, numPartitions: partitions, replicationFactor: replicas}],
			waitForLeaders: true,
		});
	});
}

/** Appends messages, all acknowledged when it returns. */
export async function produce(server: KafkaServer, topic: string, messages: readonly Message[]): Promise<void> {
	const producer = kafkaClient(server, undefined, 5).producer({allowAutoTopicCreation: false});
	await producer.connect();
	try {
		await producer.send({topic, messages: [...messages]});
	} finally {
		await producer.disconnect();
	}
}

/** `count` messages, spread over the partitions by their keys. */
export const produceCount = (server: KafkaServer, topic: string, count: number): Promise<void> =>
	produce(
		server,
		topic,
		Array.from({length: count}, (_, at) => ({key: `key-${at}`, value: `{"order": ${at}}`})),
	);

export type RunningMember = {
	/** How often its members were reassigned partitions since it started. */
	rebalances(): number;
	/** The generation that its coordinator has given it last. */
	generation(): number;
	messages(): number;
	stop(): Promise<void>;
};

/**
 * A consumer of the classic protocol, in its group once this returns. `reads`: false stays a member and reads nothing, so that the group
 * lags. It commits what it has read at once.
 */
export async function classicMember(
	server: KafkaServer,
	{group, topics, reads = true}: {readonly group: string; readonly topics: readonly string[]; readonly reads?: boolean},
): Promise<RunningMember> {
	const consumer: Consumer = kafkaClient(server, undefined, 10).consumer({
		groupId: group,
		sessionTimeout: 10_000,
		heartbeatInterval: 500,
		rebalanceTimeout: 5000,
		maxWaitTimeInMs: 200,
	});
	let rebalances = 0;
	let generation = -1;
	let messages = 0;
	const joined = new Promise<void>(resolve => {
		consumer.on(consumer.events.GROUP_JOIN, () => {
			rebalances += 1;
			resolve();
		});
	});
	await consumer.connect();
	await consumer.subscribe({topics: [...topics], fromBeginning: true});
	await consumer.run({
		// What was fetched before it pauses must not be committed long after.
		autoCommit: reads,
		autoCommitInterval: 100,
		async eachBatch({batch, resolveOffset, commitOffsetsIfNecessary}) {
			const last = batch.messages.at(-1);
			if (last === undefined || !reads) return;
			messages += batch.messages.length;
			resolveOffset(last.offset);
			await commitOffsetsIfNecessary();
		},
	});
	await joined;
	if (!reads) consumer.pause(topics.map(topic => ({topic})));
	consumer.on(consumer.events.HEARTBEAT, ({payload}) => {
		generation = payload.groupGenerationId;
	});
	return {
		rebalances: () => rebalances,
		generation: () => generation,
		messages: () => messages,
		stop: async () => consumer.disconnect(),
	};
}

/** Leaves a group behind that has committed these offsets and has no members. */
export async function stoppedGroup(
	server: KafkaServer,
	group: string,
	topic: string,
	offsets: readonly {readonly partition: number; readonly offset: number}[],
): Promise<void> {
	const consumer = kafkaClient(server, undefined, 10).consumer({groupId: group, maxWaitTimeInMs: 50});
	const joined = new Promise<void>(resolve => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
	await consumer.connect();
	try {
		await consumer.subscribe({topics: [topic]});
		await consumer.run({autoCommit: false, eachMessage: async () => {}});
		consumer.pause([{topic}]);
		await joined;
		await consumer.commitOffsets(offsets.map(({partition, offset}) => ({topic, partition, offset: String(offset)})));
	} finally {
		await consumer.disconnect();
	}
}

const tools = {
	consumer: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
	share: 'org.apache.kafka.tools.consumer.ConsoleShareConsumer',
	classic: 'org.apache.kafka.tools.consumer.ConsoleConsumer',
} as const;

/** One of Kafka's own console consumers, which speak every group protocol. It runs until it is stopped. */
export function javaMember(
	server: KafkaServer,
	{group, topic, protocol}: {readonly group: string; readonly topic: string; readonly protocol: keyof typeof tools},
): {lines(): number; stop(): Promise<void>} {
	const property = server.version.startsWith('3.') ? '--consumer-property' : '--command-property';
	const child: ChildProcess = spawn(
		'java',
		[
			...['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
			...['-cp', join(server.jars, '*'), tools[protocol]],
			...['--bootstrap-server', `${server.host}:${server.port}`, '--topic', topic, '--group', group],
			...(protocol === 'share' ? [] : ['--from-beginning', property, `group.protocol=${protocol}`]),
			...(protocol === 'share' ? [] : [property, 'auto.commit.interval.ms=200']),
		],
		{stdio: ['ignore', 'pipe', 'pipe']},
	);
	let lines = 0;
	let complaints = '';
	child.stdout?.on('data', (chunk: Buffer) => {
		for (const byte of chunk) if (byte === 10) lines += 1;
	});
	child.stderr?.on('data', chunk => {
		complaints += chunk;
	});
	const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
	child.once('close', code => {
		if (code !== null && code !== 0 && code !== 130 && code !== 143) process.stderr.write(complaints);
	});
	return {
		lines: () => lines,
		async stop() {
			child.kill('SIGTERM');
			const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
			await ended;
			clearTimeout(late);
		},
	};
}

import type {KafkaMessage, TopicPartition} from '../../src/port/kafka.ts';
import type {Scenario} from '../scenario.ts';

/** Messages produced to a topic per second; dead letters only in scenarios with that problem. */
const inflows: Readonly<Record<string, number>> = {
	'order-events': 1200,
	'payment-events': 640,
	'stock-changes': 410,
	notify: 90,
	clicks: 2600,
	'search-updates': 220,
	'price-changes': 36,
	'media-uploads': 14,
	'identity-events': 120,
	audit: 300,
	'notify.DLT': 0,
};

/** The log of one partition. Offsets have fractions between two messages. */
export type DemoLog = TopicPartition & {
	readonly perSecond: number;
	/** Epoch milliseconds. */
	endAt(at: number): number;
	readonly start: number;
	/** When the message at this offset was produced, in epoch milliseconds. */
	timeOf(offset: number): number;
	message(offset: number): KafkaMessage;
};

export type DemoLogs = {
	readonly topics: readonly {readonly topic: string; readonly id: string; readonly partitions: readonly DemoLog[]}[];
	find(pair: TopicPartition): DemoLog | undefined;
};

/** Whether this message is one that no consumer can read: it is not JSON. */
type IsPoison = (log: DemoLog, offset: number) => boolean;

export function createDemoLogs(scenario: Scenario, isPoison: IsPoison): DemoLogs {
	const topics = Object.entries(inflows).map(([topic, perSecond]) => {
		const count = perSecond > 500 ? 24 : perSecond === 0 ? 3 : 12;
		const shares = Array.from(
			{length: count},
			(_, partition) => 0.8 + 0.4 * scenario.stableRandom(`${topic} ${partition}`),
		);
		const sum = shares.reduce((all, one) => all + one, 0);
		const id = Math.floor(scenario.stableRandom(`id of ${topic}`) * 2 ** 32)
			.toString(16)
			.padStart(8, '0');
		const rate = perSecond === 0 && scenario.name === 'storm' ? 0.4 : perSecond;
		return {
			topic,
			id: `demo-${id}`,
			partitions: shares.map((share, partition) =>
				logOf({topic, partition}, (rate * share) / sum, perSecond === 0, scenario, isPoison),
			),
		};
	});
	const byKey = new Map(
		topics.flatMap(({partitions}) => partitions.map(log => [`${log.topic}\n${log.partition}`, log] as const)),
	);
	return {topics, find: ({topic, partition}) => byKey.get(`${topic}\n${partition}`)};
}

function logOf(
	pair: TopicPartition,
	perSecond: number,
	letters: boolean,
	scenario: Scenario,
	isPoison: IsPoison,
): DemoLog {
	const {startedAt} = scenario;
	// The logs begin with some messages; dead letters with a few.
	const ageSeconds = 86_400 * (3 + 20 * scenario.stableRandom(pair.topic));
	const before = letters ? 17 + 5 * pair.partition : perSecond * ageSeconds;
	const timeOf = (offset: number) =>
		perSecond === 0 ? startedAt - 86_400_000 : startedAt + ((offset - before) / perSecond) * 1000;
	const log: DemoLog = {
		...pair,
		perSecond,
		start: letters ? 0 : Math.floor(before * 0.6),
		endAt: at => before + (perSecond * (at - startedAt)) / 1000,
		timeOf,
		message: offset => messageOf(pair, offset, timeOf(offset), scenario, isPoison(log, offset), letters),
	};
	return log;
}

const text = (value: string): Uint8Array => Buffer.from(value);

function messageOf(
	{topic, partition}: TopicPartition,
	offset: number,
	timestamp: number,
	scenario: Scenario,
	poisoned: boolean,
	letter: boolean,
): KafkaMessage {
	const random = (salt: string) => scenario.stableRandom(`${topic} ${partition} ${offset} ${salt}`);
	const id = Math.floor(random('id') * 9_000_000) + 1_000_000;
	const trace = {name: 'traceparent', value: text(`00-${Math.floor(random('trace') * 2 ** 48).toString(16)}-01`)};
	const failed = [
		{name: 'kafka_dlt-original-topic', value: text('notify')},
		{name: 'kafka_dlt-exception-message', value: text('smtp: 550 mailbox unavailable')},
	];
	const body = {
		id,
		type: topic.replace(/-?events$/, '') || topic,
		amount: Math.floor(random('amount') * 20_000) / 100,
		at: new Date(timestamp).toISOString(),
	};
	return {
		topic,
		partition,
		offset,
		timestamp: Math.floor(timestamp),
		key: text(String(id)),
		// The beginning of a message in another format: a producer of the wrong version.
		value: poisoned
			? Uint8Array.from([0x0a, 0x07, 0x08, 0x96, 0x01, 0x12, 0x02, 0xff, 0xfe, 0x1a, 0x00])
			: text(JSON.stringify(body)),
		headers: letter ? [...failed, trace] : [trace],
	};
}

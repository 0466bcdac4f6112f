import type {CommittedOffset, KafkaGroup, KafkaGroupType, KafkaMember, TopicPartition} from '../../src/port/kafka.ts';
import {hasProblem, type Scenario} from '../scenario.ts';
import type {DemoLog, DemoLogs} from './kafka-logs.ts';

const readers: Readonly<Record<string, readonly string[]>> = {
	'order-processing': ['order-events'],
	'order-history': ['order-events'],
	'order-export': ['order-events', 'payment-events'],
	'order-metrics': ['order-events'],
	shipping: ['order-events', 'stock-changes'],
	'stock-keeper': ['order-events', 'stock-changes'],
	'stock-alerts': ['stock-changes'],
	'stock-search': ['stock-changes'],
	ledger: ['payment-events'],
	reconciler: ['payment-events'],
	'fraud-scoring': ['payment-events', 'order-events'],
	'payment-metrics': ['payment-events'],
	refunds: ['payment-events'],
	mailer: ['notify'],
	push: ['notify'],
	sms: ['notify'],
	'notify-metrics': ['notify'],
	clickstream: ['clicks'],
	recommendations: ['clicks', 'order-events'],
	'ab-tests': ['clicks'],
	sessions: ['clicks'],
	'click-archive': ['clicks'],
	indexer: ['search-updates'],
	suggest: ['search-updates'],
	'search-metrics': ['search-updates'],
	pricing: ['price-changes'],
	'price-history': ['price-changes'],
	'price-feeds': ['price-changes'],
	thumbnails: ['media-uploads'],
	transcoder: ['media-uploads'],
	'virus-scan': ['media-uploads'],
	'profile-sync': ['identity-events'],
	'login-alerts': ['identity-events'],
	'token-cleanup': ['identity-events'],
	'identity-archive': ['identity-events'],
	'audit-sink': ['audit'],
	'audit-archive': ['audit'],
	'audit-alerts': ['audit'],
};

/** Seconds before the demo began at which a stopped group committed last. */
const stoppedBefore: Readonly<Record<string, number>> = {'order-processing': 70, mailer: 340};
/** Seconds before the demo began at which the last offset was committed for the partition whose message crashes the members. */
const poisonedBefore = 95;
const poisonedPartition: TopicPartition = {topic: 'order-events', partition: 7};
/** Milliseconds until the members are back after the group was moved past the message. */
const backAfterMs = 4000;
/** How many times faster than the producers a group consumes while it catches up. */
const catchUp = 5;

/** Groups of the new consumer protocol (KIP-848), which have an epoch. */
const newer: ReadonlySet<string> = new Set(['ab-tests', 'sessions', 'pricing']);

type StoredOffset = {readonly offset: number; readonly metadata: string};

export type DemoGroups = {
	readonly names: readonly string[];
	typeOf(group: string): KafkaGroupType;
	describe(group: string): KafkaGroup | undefined;
	committed(group: string): readonly CommittedOffset[];
	/** Sets offsets, or deletes them where none is given. The caller has checked that the group is empty. */
	setOffset(group: string, pair: TopicPartition, to: StoredOffset | undefined): void;
};

/** The offset of the message that order-processing cannot parse; undefined when it is not in this log. */
export const poisonOffset = (scenario: Scenario, log: DemoLog): number | undefined =>
	hasProblem(scenario, 'lag') && log.topic === poisonedPartition.topic && log.partition === poisonedPartition.partition
		? Math.floor(log.endAt(scenario.startedAt - poisonedBefore * 1000))
		: undefined;

const keyOf = (group: string, {topic, partition}: TopicPartition) => `${group}\n${topic}\n${partition}`;

/**
 * In the scenario `lag` one message that they cannot parse crashes the members of order-processing, and they are not restarted: they come
 * back when the offset of their group is set past it, and only then. Another offset does not help.
 */
export function createDemoGroups(scenario: Scenario, logs: DemoLogs): DemoGroups {
	const isLagging = hasProblem(scenario, 'lag');
	/** Committed offsets by `group, topic, partition`; undefined: deleted. */
	const puts = new Map<string, StoredOffset | undefined>();
	/** When a stopped group was moved past the message. */
	const clearSince = new Map<string, number>();
	const poisonLog = logs.find(poisonedPartition);
	const poison = poisonLog && poisonOffset(scenario, poisonLog);

	const hasStopped = (group: string) =>
		(isLagging && group === 'order-processing') || (scenario.name === 'storm' && group === 'mailer');

	function isBack(group: string): boolean {
		const since = clearSince.get(group);
		return since !== undefined && scenario.now() - since >= backAfterMs;
	}
	const isEmpty = (group: string) => hasStopped(group) && !isBack(group);

	function offsetOf(group: string, log: DemoLog): StoredOffset | undefined {
		if (isLagging && group === 'audit-sink') return undefined;
		const reading = Math.floor(log.endAt(scenario.now()) - log.perSecond * behindSeconds(scenario, group, log));
		if (!hasStopped(group)) return {offset: Math.max(log.start, reading), metadata: ''};
		const key = keyOf(group, log);
		const put = puts.has(key) ? puts.get(key) : {offset: stoppedOffset(scenario, group, log), metadata: ''};
		const since = clearSince.get(group);
		if (put === undefined || since === undefined || !isBack(group)) return put;
		const read = log.perSecond * catchUp * ((scenario.now() - since - backAfterMs) / 1000);
		return {offset: Math.max(put.offset, Math.min(reading, Math.floor(put.offset + read))), metadata: ''};
	}

	const logsOf = (group: string): readonly DemoLog[] =>
		(readers[group] ?? []).flatMap(name => logs.topics.find(({topic}) => topic === name)?.partitions ?? []);

	return {
		names: Object.keys(readers),
		typeOf,
		describe(group) {
			if (readers[group] === undefined) return undefined;
			const empty = isEmpty(group);
			return {
				group,
				type: typeOf(group),
				state: empty ? 'Empty' : 'Stable',
				epoch: newer.has(group) ? 4 + Math.floor(scenario.stableRandom(`${group} epoch`) * 30) : undefined,
				coordinator: 1 + Math.floor(scenario.stableRandom(`${group} coordinator`) * 3),
				members: empty ? [] : membersOf(scenario, group, logsOf(group)),
			};
		},
		committed: group =>
			logsOf(group).flatMap(log => {
				const put = offsetOf(group, log);
				return put === undefined ? [] : [{topic: log.topic, partition: log.partition, ...put}];
			}),
		setOffset(group, pair, to) {
			puts.set(keyOf(group, pair), to);
			if (group !== 'order-processing' || poison === undefined) return;
			const offset = poisonLog && offsetOf(group, poisonLog)?.offset;
			// Without an offset they begin at the start of the log, before the message.
			if (offset !== undefined && offset > poison) clearSince.set(group, scenario.now());
			else clearSince.delete(group);
		},
	};
}

const typeOf = (group: string): KafkaGroupType => (newer.has(group) ? 'consumer' : 'classic');

/** The time lag of a group in seconds, for groups that keep up and for those that do not. */
function behindSeconds(scenario: Scenario, group: string, log: DemoLog): number {
	const seconds = (scenario.now() - scenario.startedAt) / 1000;
	if (scenario.name === 'storm' && group === 'ledger') return (520_000 + 410 * seconds) / 640;
	return 0.2 + 3 * scenario.smoothRandom(`${group}/${log.topic} lag`, 30_000);
}

/** Where a stopped group committed last. */
function stoppedOffset(scenario: Scenario, group: string, log: DemoLog): number {
	const poison = group === 'order-processing' ? poisonOffset(scenario, log) : undefined;
	return poison ?? Math.floor(log.endAt(scenario.startedAt - (stoppedBefore[group] ?? 60) * 1000));
}

/** The members of a group, which share its partitions. */
function membersOf(scenario: Scenario, group: string, partitions: readonly TopicPartition[]): readonly KafkaMember[] {
	const random = (key: string) => scenario.stableRandom(`${group} ${key}`);
	const count = 2 + Math.floor(random('members') * 6);
	return Array.from({length: count}, (_, index) => ({
		id: `${group}-${index}-${Math.floor(random(`member ${index}`) * 2 ** 32).toString(16)}`,
		clientId: `${group}-${index}`,
		host: `/10.2.${(index % 4) + 1}.${10 + Math.floor(random(`host ${index}`) * 200)}`,
		assignment: partitions
			.filter(({partition}) => partition % count === index)
			.map(({topic, partition}) => ({topic, partition})),
	}));
}

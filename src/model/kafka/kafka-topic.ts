import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import type {Row, Severity} from '../../contract/row.ts';
import type {KafkaBroker, KafkaPartition, KafkaTopic} from '../../port/kafka.ts';
import {formatCount, formatDuration, formatRate} from '../../text/format.ts';
import {
	brokerLost,
	deadLettersGrow,
	partitionsOffline,
	underReplicated as replicasMissing,
} from './kafka-finding-types.ts';

/** How long a dead-letter topic that grew is reported after its last message. */
export const deadLetterMs = 600_000;

/** Names by which frameworks call the topic of what could not be processed: Spring, Kafka Connect, SmallRye, and habit. */
const deadLetterNames = /(?:^|[-_.])(?:dlq|dlt|dead[-_.]?letters?(?:[-_.](?:queue|topic))?)(?:[-_.]|$)/i;

export const isDeadLetter = (topic: string): boolean => deadLetterNames.test(topic);

export type KafkaTopicRow = Row<'kafka.topic'> & {
	readonly topic: string;
	readonly topicId: string | undefined;
	readonly partitions: number;
	readonly replicas: number;
	/** Partitions without a leader: nothing can be written or read. */
	readonly offline: number;
	/** Fewer replicas are in sync than there should be. */
	readonly underReplicated: number;
	readonly deadLetter: boolean;
	/** Messages in it; undefined where it was not counted. */
	readonly messages: number | undefined;
	/** Messages that came in lately, and over how many seconds. */
	readonly recentGrowth: {readonly messages: number; readonly seconds: number} | undefined;
	/** Brokers whose replicas are not in sync. */
	readonly missing: readonly number[];
};

export type DeadLetters = {readonly messages: number; readonly recentGrowth: KafkaTopicRow['recentGrowth']};

const isBehind = ({inSync, replicas}: KafkaPartition): boolean => inSync.length < replicas.length;

export function topicRow(target: string, topic: KafkaTopic, letters: DeadLetters | undefined): KafkaTopicRow {
	const {partitions} = topic;
	const offline = partitions.filter(one => one.leader === undefined).length;
	const underReplicated = partitions.filter(isBehind).length;
	const missing = partitions.flatMap(({replicas, inSync}) => replicas.filter(id => !inSync.includes(id)));
	const facts = {
		topic: topic.topic,
		topicId: topic.id,
		partitions: partitions.length,
		replicas: Math.max(0, ...partitions.map(one => one.replicas.length)),
		offline,
		underReplicated,
		deadLetter: isDeadLetter(topic.topic),
		messages: letters?.messages,
		recentGrowth: letters?.recentGrowth,
		missing: [...new Set(missing)].toSorted((a, b) => a - b),
	};
	const {severity, why} = judgeTopic(facts);
	return {id: topic.topic, kind: 'kafka.topic', target, severity, ...(why === undefined ? {} : {why}), ...facts};
}

function judgeTopic(row: Omit<KafkaTopicRow, keyof Row>): {readonly severity: Severity; readonly why?: string} {
	const {partitions, offline, underReplicated, recentGrowth: grew} = row;
	if (offline > 0) return {severity: 'crit', why: `${offline} of ${partitions} partitions have no leader`};
	if (underReplicated > 0) {
		const why = `${underReplicated} of ${partitions} partitions miss replicas on broker ${row.missing.join(', ')}`;
		return {severity: 'warn', why};
	}
	if (grew !== undefined && grew.messages > 0) {
		return {severity: 'warn', why: growth(grew)};
	}
	return {severity: 'ok'};
}

const growth = ({messages, seconds}: NonNullable<KafkaTopicRow['recentGrowth']>): string =>
	`${formatCount(messages)} messages in ${formatDuration(seconds)}, ${formatRate(messages / Math.max(1, seconds))}`;

/** A broker that was in the cluster or has replicas placed on it, and is not there. `lastSeen`: its address, and since when it is missing. */
export type LostBroker = {readonly id: number; readonly lastSeen?: KafkaBroker & {readonly since: number}};

const brokerName = ({id, lastSeen: seen}: LostBroker): string =>
	`broker ${id}${seen === undefined ? '' : ` (${seen.host}:${seen.port})`}`;

/** Findings about brokers and topics. Topics that miss a replica because of a lost broker are reported with the broker. */
export function clusterFindings(
	rows: readonly KafkaTopicRow[],
	lost: readonly LostBroker[],
	target: string,
): readonly Finding[] {
	const lostIds = new Set(lost.map(broker => broker.id));
	const common = {target, kind: 'kafka.topic'} as const;
	const explained = (row: KafkaTopicRow) => row.missing.length > 0 && row.missing.every(id => lostIds.has(id));
	const behind = rows.filter(row => row.underReplicated > 0);
	const partitions = (some: readonly KafkaTopicRow[]) => some.reduce((sum, row) => sum + row.underReplicated, 0);
	const listed = (some: readonly KafkaTopicRow[]) => [
		...some.slice(0, 20).map(row => `${row.topic}: ${row.why}`),
		...(some.length > 20 ? [`and ${some.length - 20} more topics`] : []),
	];
	const brokers = lost.map((broker): Finding => {
		const its = behind.filter(row => row.missing.includes(broker.id));
		const effect =
			its.length === 0 ? '' : `: ${partitions(its)} partitions of ${its.length} topics are under-replicated`;
		return createFinding(brokerLost, {
			...common,
			id: `${target}/broker/${broker.id}`,
			severity: 'crit',
			sentence: `${brokerName(broker)} is down${effect}`,
			...(broker.lastSeen === undefined ? {} : {since: broker.lastSeen.since}),
			evidence: listed(its),
		});
	});
	const offline = rows.filter(row => row.offline > 0);
	const unexplained = behind.filter(row => row.offline === 0 && !explained(row));
	const [first] = unexplained;
	return [
		...brokers,
		...offline.map(
			(row): Finding =>
				createFinding(partitionsOffline, {
					...common,
					id: `${target}/topic/${row.id}/offline`,
					severity: 'crit',
					sentence: `${row.topic}: ${row.why}, nothing can be written to them or read`,
					row: {kind: 'kafka.topic', id: row.id},
					evidence: [`replicas that are missing are on broker ${row.missing.join(', ')}`],
				}),
		),
		...(first === undefined
			? []
			: [
					createFinding(replicasMissing, {
						...common,
						id: `${target}/under-replicated`,
						severity: 'warn' as const,
						sentence:
							unexplained.length === 1
								? `${first.topic}: ${first.why}`
								: `${partitions(unexplained)} partitions of ${unexplained.length} topics are under-replicated`,
						row: {kind: 'kafka.topic' as const, id: first.id},
						evidence: listed(unexplained),
					}),
				]),
		...rows
			.filter(row => (row.recentGrowth?.messages ?? 0) > 0)
			.map(
				(row): Finding =>
					createFinding(deadLettersGrow, {
						...common,
						id: `${target}/topic/${row.id}/dead-letters`,
						severity: 'warn',
						sentence: `${row.topic} grows${row.recentGrowth === undefined ? '' : `: ${growth(row.recentGrowth)}`}`,
						row: {kind: 'kafka.topic', id: row.id},
						evidence: [
							`${formatCount(row.messages)} messages in it`,
							'what consumers could not process is put there: look at the headers of its newest messages for the reason',
						],
					}),
			),
	];
}

import type {Context} from '../../../src/contract/context.ts';
import {defineSource} from '../../../src/contract/define.ts';
import type {Snapshot} from '../../../src/contract/row.ts';
import type {Target} from '../../../src/contract/target.ts';
import {
	clusterFindings,
	type DeadLetters,
	deadLetterMs,
	isDeadLetter,
	type KafkaTopicRow,
	type LostBroker,
	topicRow,
} from '../../../src/model/kafka/kafka-topic.ts';
import type {KafkaBroker, KafkaPort, KafkaSettings, KafkaTopic} from '../../../src/port/kafka.ts';
import {kafkaToolCommand} from '../cli-equivalent.ts';

/** How long a lost broker is shown, unless it comes back; longer while replicas are still placed on it. */
const lostBrokerShownMs = 30 * 60_000;

const gaugeIds = ['brokers', 'under-replicated'] as const;

type TopicSnapshot = Snapshot<KafkaTopicRow, (typeof gaugeIds)[number]> & {readonly lost: readonly LostBroker[]};

/** Counts the messages in the dead-letter topics, and those that came in recently. */
function createDeadLetterCounter(port: KafkaPort) {
	let seen = new Map<string, {readonly at: number; readonly end: number; readonly id: string | undefined}[]>();
	return async (topics: readonly KafkaTopic[], context: Context): Promise<ReadonlyMap<string, DeadLetters>> => {
		const letters = topics.filter(({topic}) => isDeadLetter(topic));
		if (letters.length === 0) return new Map();
		const partitions = letters.flatMap(topic => topic.partitions.filter(({leader}) => leader !== undefined));
		const starts = await port.offsets(partitions, 'earliest', context);
		const ends = await port.offsets(partitions, 'latest', context);
		const at = context.now();
		const sum = (read: typeof ends.read, name: string) =>
			read.filter(({topic}) => topic === name).reduce((total, {offset}) => total + offset, 0);
		const next: typeof seen = new Map();
		const counted = letters.flatMap(({topic, id, partitions: some}) => {
			// A partition that cannot be read would look like deleted messages.
			if (ends.read.filter(one => one.topic === topic).length < some.length) {
				next.set(topic, seen.get(topic) ?? []);
				return [];
			}
			const end = sum(ends.read, topic);
			const before = (seen.get(topic) ?? []).filter(
				one => at - one.at <= deadLetterMs && one.end <= end && one.id === id,
			);
			next.set(topic, [...before.filter(one => one.at < at), {at, end, id}].slice(-100));
			const from = before.findLast(one => one.end < end) === undefined ? undefined : before[0];
			const grew = from && {messages: end - from.end, seconds: (at - from.at) / 1000};
			return [[topic, {messages: end - sum(starts.read, topic), recentGrowth: grew}] as const];
		});
		seen = next;
		return new Map(counted);
	};
}

function createTopicReader(
	port: KafkaPort,
	target: Target<KafkaSettings>,
): (context: Context) => Promise<TopicSnapshot> {
	const letters = createDeadLetterCounter(port);
	const known = new Map<number, {readonly broker: KafkaBroker; lostSince: number | undefined}>();

	function missed(alive: readonly KafkaBroker[], topics: readonly KafkaTopic[], at: number): readonly LostBroker[] {
		const placed = new Set(topics.flatMap(({partitions}) => partitions.flatMap(({replicas}) => replicas)));
		for (const broker of alive) {
			known.set(broker.id, {broker, lostSince: undefined});
			placed.delete(broker.id);
		}
		const ids = new Set(alive.map(({id}) => id));
		const lost: LostBroker[] = [];
		for (const [id, one] of known) {
			if (ids.has(id)) continue;
			one.lostSince ??= at;
			if (at - one.lostSince > lostBrokerShownMs && !placed.has(id)) {
				known.delete(id);
				continue;
			}
			placed.delete(id);
			lost.push({id, lastSeen: {...one.broker, since: one.lostSince}});
		}
		return [...lost, ...[...placed].map(id => ({id}))].toSorted((a, b) => a.id - b.id);
	}

	return async context => {
		const [cluster, topics] = await Promise.all([port.cluster(context), port.topics(undefined, context)]);
		const counted = await letters(topics.read, context);
		const rows = topics.read
			.filter(({internal, partitions}) => !internal || partitions.some(one => one.inSync.length < one.replicas.length))
			.map(topic => topicRow(target.name, topic, counted.get(topic.topic)));
		const lost = missed(cluster.brokers, topics.read, context.now());
		const underReplicated = rows.reduce((sum, row) => sum + row.underReplicated, 0);
		const offline = rows.reduce((sum, row) => sum + row.offline, 0);
		return {
			rows,
			lost,
			gauges: [
				{
					id: 'brokers',
					label: 'brokers',
					value: cluster.brokers.length,
					unit: 'count',
					limit: cluster.brokers.length + lost.length,
					severity: lost.length > 0 ? 'crit' : 'ok',
				},
				{
					id: 'under-replicated',
					label: 'under-replicated',
					value: underReplicated,
					unit: 'count',
					severity: offline > 0 ? 'crit' : underReplicated > 0 ? 'warn' : 'ok',
				},
			],
			omitted: 0,
			notes: topics.failed.slice(0, 3).map(({of, problem}) => ({
				text: `topic ${of} could not be read: ${problem}`,
				severity: 'unknown' as const,
			})),
		};
	};
}

/** One row for each topic, and what is wrong with the brokers that hold it. */
export const topicsSource = defineSource<KafkaTopicRow, KafkaPort, KafkaSettings>()({
	kind: 'kafka.topic',
	title: 'Topics',
	gauges: gaugeIds,
	intervalMs: 10_000,
	timeoutMs: 20_000,
	cost: 'cheap',
	cliEquivalent: target => [
		kafkaToolCommand('kafka-topics.sh', target, ['--describe', '--under-replicated-partitions']),
		kafkaToolCommand('kafka-topics.sh', target, ['--describe', '--unavailable-partitions']),
	],
	open: createTopicReader,
	findings: (snapshot, _previous, {target}) =>
		clusterFindings(snapshot.rows, (snapshot as TopicSnapshot).lost ?? [], target),
});

import {defineInspection} from '../../../src/contract/define.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import type {KafkaTopicRow} from '../../../src/model/kafka/kafka-topic.ts';
import type {KafkaPartition, KafkaPort, KafkaSettings} from '../../../src/port/kafka.ts';
import {formatPercent, formatThousands} from '../../../src/text/format.ts';
import {formatTable} from '../../../src/text/text-table.ts';
import {kafkaToolCommand} from '../cli-equivalent.ts';

/** A partition with this many times the mean number of messages is reported as uneven. */
const skewed = 1.5;

function skewLine(partitions: readonly KafkaPartition[], counts: ReadonlyMap<number, number>): readonly DocumentLine[] {
	const all = [...counts.values()];
	const mean = all.reduce((sum, one) => sum + one, 0) / Math.max(1, all.length);
	const [fullest] = [...counts].toSorted((a, b) => b[1] - a[1]);
	if (fullest === undefined || mean === 0 || partitions.length < 2) return [];
	const times = fullest[1] / mean;
	const text = `Messages: ${formatThousands(mean)} a partition in the mean, ${formatThousands(fullest[1])} in partition ${fullest[0]}, ${times.toFixed(1)} times as many.`;
	return [{text, ...(times >= skewed ? {severity: 'warn' as const} : {})}];
}

function leaderLines(partitions: readonly KafkaPartition[]): readonly DocumentLine[] {
	const led = new Map<number, number>();
	for (const {leader} of partitions) if (leader !== undefined) led.set(leader, (led.get(leader) ?? 0) + 1);
	const shares = [...led]
		.toSorted((a, b) => a[0] - b[0])
		.map(([broker, count]) => `broker ${broker} leads ${count} (${formatPercent(count / partitions.length)})`);
	const moved = partitions.filter(({leader, replicas}) => leader !== undefined && leader !== replicas[0]).length;
	return [
		{text: `Leaders: ${shares.length === 0 ? 'none' : shares.join(', ')}.`},
		...(moved === 0
			? []
			: [{text: `${moved} partitions are not led by their preferred replica.`, severity: 'warn' as const}]),
	];
}

/** Shows the leaders and replicas of a topic's partitions, which replicas are in sync, and an uneven distribution over partitions or brokers. */
export const inspectTopic = defineInspection<KafkaTopicRow | LagRow, KafkaPort, KafkaSettings>()({
	id: 'kafka.topic',
	title: 'Topic',
	key: 'e',
	kind: 'kafka.topic',
	also: ['kafka.lag'],
	risk: 'none',
	disabled: row => (row.topic === '' ? (row.why ?? 'this group has no topic') : undefined),
	async open(row, {port, target, signal, now}) {
		const context = {signal, now};
		const topic = (await port.topics([row.topic], context)).read[0];
		if (topic === undefined) {
			throw new AdapterError(
				'conflict',
				`the topic ${row.topic} is not there any more`,
				'Its row goes with the next read.',
			);
		}
		const partitions = topic.partitions.toSorted((a, b) => a.partition - b.partition);
		const pairs = partitions
			.filter(({leader}) => leader !== undefined)
			.map(({topic: of, partition}) => ({topic: of, partition}));
		const [starts, ends] = await Promise.all([
			port.offsets(pairs, 'earliest', context),
			port.offsets(pairs, 'latest', context),
		]);
		const startOf = new Map(starts.read.map(one => [one.partition, one.offset]));
		const endOf = new Map(ends.read.map(one => [one.partition, one.offset]));
		const counts = new Map(
			[...endOf].map(([partition, end]) => [partition, end - (startOf.get(partition) ?? 0)] as const),
		);
		const rows = partitions.map(one => {
			const out = one.replicas.filter(id => !one.inSync.includes(id));
			const number = (value: number | undefined) => (value === undefined ? '-' : formatThousands(value));
			return [
				String(one.partition),
				one.leader === undefined ? 'none' : String(one.leader),
				one.replicas.join(','),
				one.inSync.join(','),
				number(startOf.get(one.partition)),
				number(endOf.get(one.partition)),
				number(counts.get(one.partition)),
				one.leader === undefined ? 'offline' : out.length > 0 ? `not in sync: ${out.join(', ')}` : '',
			];
		});
		const header = ['PARTITION', 'LEADER', 'REPLICAS', 'IN SYNC', 'START', 'END', 'MESSAGES', ''];
		const [top = '', ...body] = formatTable([header, ...rows], [0, 1, 4, 5, 6]);
		const lines: readonly DocumentLine[] = [
			...leaderLines(partitions),
			...skewLine(partitions, counts),
			{text: ''},
			{text: top},
			...body.map((text, at): DocumentLine => {
				const one = partitions[at];
				if (one?.leader === undefined) return {text, severity: 'crit'};
				return one.inSync.length < one.replicas.length ? {text, severity: 'warn'} : {text};
			}),
		];
		return {
			title: `Topic ${topic.topic}, ${partitions.length} partitions${topic.id === undefined ? '' : `, id ${topic.id}`}`,
			lines,
			cliEquivalent: [kafkaToolCommand('kafka-topics.sh', target, ['--describe', '--topic', topic.topic])],
		};
	},
});

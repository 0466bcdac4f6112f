import type {Context} from '../../../src/contract/context.ts';
import {defineInspection} from '../../../src/contract/define.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import type {KafkaPort, KafkaSettings} from '../../../src/port/kafka.ts';
import {cleanLine} from '../../../src/text/clean.ts';
import {formatDuration, formatThousands} from '../../../src/text/format.ts';
import {formatTable} from '../../../src/text/text-table.ts';
import {kafkaToolCommand} from '../cli-equivalent.ts';
import {type PartitionState, readGroupLags} from './group-lags.ts';

/** Partitions whose next message is fetched to read its time: one request each. */
const maxTimes = 32;
/** A broker gives one message however large it is; more than this we do not wait for. */
const messageBytes = 65_536;

/** The timestamp of the message that the group reads next: exact, unlike the estimate between two polls. */
async function timeOf(port: KafkaPort, one: PartitionState, context: Context): Promise<number | undefined> {
	if (one.committed === undefined || (one.lag ?? 0) === 0) return undefined;
	const from = {topic: one.topic, partition: one.partition, offset: Math.max(one.committed.offset, one.start ?? 0)};
	try {
		const [message] = await port.peek(from, {messages: 1, bytes: messageBytes}, context);
		return message?.timestamp;
	} catch (error) {
		// A user without the right to read the messages still sees the offsets.
		if (error instanceof AdapterError && error.kind !== 'timeout') return undefined;
		throw error;
	}
}

const number = (value: number | undefined): string => (value === undefined ? '-' : formatThousands(value));

/** Shows each partition of the topic with the committed offset, the log end and the member that reads it; the oldest waiting message first. */
export const inspectPartitions = defineInspection<LagRow, KafkaPort, KafkaSettings>()({
	id: 'kafka.partitions',
	title: 'Partitions',
	key: 'l',
	kind: 'kafka.lag',
	risk: 'none',
	disabled: row => (row.topic === '' ? (row.why ?? 'this group has no offsets') : undefined),
	async open(row, {port, target, signal, now}) {
		const context = {signal, now};
		const {partitions, problem, group} = await readGroupLags(port, row, context);
		const sorted = partitions.toSorted((a, b) => (b.lag ?? -1) - (a.lag ?? -1) || a.partition - b.partition);
		const times = await Promise.all(sorted.slice(0, maxTimes).map(one => timeOf(port, one, context)));
		const at = now();
		const oldest = times
			.map((time, index) => ({time, partition: sorted[index]?.partition}))
			.reduce<{time: number; partition: number | undefined} | undefined>(
				(first, {time, partition}) =>
					time !== undefined && (first === undefined || time < first.time) ? {time, partition} : first,
				undefined,
			);
		const timeOfPartition = new Map(sorted.map((one, index) => [one.partition, times[index]]));
		const age = ({partition, lag}: PartitionState) => (lag === 0 ? 0 : at - (timeOfPartition.get(partition) ?? at));
		// The oldest waiting message first: a message that crashes its readers is there.
		const rows = sorted
			.toSorted((a, b) => age(b) - age(a))
			.map(one => {
				const time = timeOfPartition.get(one.partition);
				const deleted = Math.max(0, (one.start ?? 0) - (one.committed?.offset ?? Number.POSITIVE_INFINITY));
				return [
					String(one.partition),
					one.committed === undefined ? 'none' : formatThousands(one.committed.offset),
					number(one.start),
					number(one.end),
					number(one.lag),
					time === undefined ? (one.lag === 0 ? '0s' : '') : formatDuration((at - time) / 1000),
					cleanLine(one.member === undefined ? 'no one' : `${one.member.clientId} ${one.member.host}`),
					deleted > 0 ? `${formatThousands(deleted)} deleted unread` : '',
				];
			});
		const header = ['PARTITION', 'COMMITTED', 'START', 'END', 'LAG', 'BEHIND', 'READ BY', ''];
		const lines: readonly DocumentLine[] = [
			...(row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}]),
			...(problem === undefined ? [] : [{text: problem, severity: 'unknown' as const}]),
			...(oldest === undefined
				? []
				: [
						{
							text: `The oldest message that waits is on partition ${oldest.partition}, since ${new Date(oldest.time).toISOString().slice(0, 19)}Z.`,
						},
					]),
			{text: `${group?.state ?? 'state not reported'}, ${partitions.length} partitions`},
			{text: ''},
			...formatTable([header, ...rows], [0, 1, 2, 3, 4, 5]).map(text => ({text})),
			...(sorted.length > maxTimes
				? [{text: ''}, {text: `BEHIND is read from the next message itself, for the first ${maxTimes} partitions.`}]
				: []),
		];
		return {
			title: `${row.group} on ${row.topic}`,
			lines,
			cliEquivalent: [kafkaToolCommand('kafka-consumer-groups.sh', target, ['--describe', '--group', row.group])],
		};
	},
});

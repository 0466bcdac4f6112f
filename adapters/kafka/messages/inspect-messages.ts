import type {Context} from '../../../src/contract/context.ts';
import {defineInspection} from '../../../src/contract/define.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import type {Params} from '../../../src/contract/param.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import type {KafkaTopicRow} from '../../../src/model/kafka/kafka-topic.ts';
import {messageTitle, shortText, valueLines} from '../../../src/model/kafka/message-text.ts';
import {parseOffsetReset, type ResetSpec} from '../../../src/model/kafka/offset-reset.ts';
import type {KafkaMessage, KafkaPort, KafkaSettings, OffsetSpec, TopicPartition} from '../../../src/port/kafka.ts';
import {cleanLine} from '../../../src/text/clean.ts';
import {formatThousands} from '../../../src/text/format.ts';
import {kafkaToolCommand} from '../cli-equivalent.ts';

/** Messages on a page. */
const pageLength = 20;
const pageBytes = 1_048_576;

const startsAtCommit = 'committed';

/** Parses the first message to show: `committed`, the offset of the group, or one offset for all partitions. Undefined for other text. */
function parseStart(text: string): ResetSpec | 'committed' | undefined {
	if (text.trim() === startsAtCommit) return 'committed';
	const items = parseOffsetReset(text);
	return items?.length === 1 && items[0]?.partition === undefined ? items[0]?.spec : undefined;
}

/** Moves the start by this many messages; a time or an end of the log stays as it is. */
function shiftStart(params: Params, by: number): Params {
	const from = params['from'] ?? startsAtCommit;
	const spec = parseStart(from);
	if (spec === 'committed') return {...params, from: `${by > 0 ? '+' : ''}${by}`};
	if (spec?.kind === 'exact') return {...params, from: String(Math.max(0, spec.offset + by))};
	if (spec?.kind !== 'shift') return params;
	const sum = spec.by + by;
	return {...params, from: sum === 0 ? startsAtCommit : `${sum > 0 ? '+' : ''}${sum}`};
}

async function offsetAt(port: KafkaPort, pair: TopicPartition, spec: OffsetSpec, context: Context): Promise<number> {
	const {read, failed} = await port.offsets([pair], spec, context);
	const [one] = read;
	if (one !== undefined) return one.offset;
	throw new AdapterError(
		'unreachable',
		`${pair.topic}/${pair.partition} cannot be read: ${failed[0]?.problem ?? 'it is not there'}`,
		'Look at the topic: it may have no leader, or fewer partitions.',
	);
}

type StartPosition = {readonly offset: number; readonly start: number; readonly end: number};

async function findStartPosition(
	port: KafkaPort,
	row: LagRow | KafkaTopicRow,
	pair: TopicPartition,
	spec: ResetSpec | 'committed',
	context: Context,
): Promise<StartPosition> {
	const [start, end] = await Promise.all([
		offsetAt(port, pair, 'earliest', context),
		offsetAt(port, pair, 'latest', context),
	]);
	const within = (offset: number): StartPosition => ({offset: Math.min(Math.max(offset, start), end), start, end});
	if (spec === 'committed' || spec.kind === 'shift') {
		const by = spec === 'committed' ? 0 : spec.by;
		if (row.kind !== 'kafka.lag') return within(end - pageLength + by);
		const {read} = await port.committed([row.group], context);
		const offset = read[0]?.offsets.find(one => one.topic === pair.topic && one.partition === pair.partition)?.offset;
		// A group without an offset here: from the log's start.
		return within((offset ?? start) + by);
	}
	switch (spec.kind) {
		case 'exact':
			return within(spec.offset);
		case 'time':
			return within(await offsetAt(port, pair, {atOrAfter: spec.at}, context));
		case 'ago':
			return within(await offsetAt(port, pair, {atOrAfter: context.now() - spec.ms}, context));
		default:
			return within(spec.kind === 'earliest' ? start : end - pageLength);
	}
}

function messageLines(message: KafkaMessage, now: number): readonly DocumentLine[] {
	return [
		{text: messageTitle(message, now), loud: true},
		...message.headers.map(({name, value}) => ({text: `  ${cleanLine(name)}: ${shortText(value)}`})),
		...valueLines(message.value).map(text => ({text: `    ${text}`})),
		{text: ''},
	];
}

/** Reads messages at an offset or a time, without a group: nothing is committed, and no group rebalances. */
export const inspectMessages = defineInspection<LagRow | KafkaTopicRow, KafkaPort, KafkaSettings>()({
	id: 'kafka.messages',
	title: 'Messages',
	key: 'm',
	kind: 'kafka.lag',
	also: ['kafka.topic'],
	risk: 'none',
	prompt: true,
	params: [
		{
			name: 'partition',
			label: 'Partition',
			hint: 'a number from 0; the one that is furthest behind is offered',
			initial: ([row]) => (row?.kind === 'kafka.lag' ? String(row.worst?.partition ?? 0) : '0'),
			problem: text => (/^\d{1,6}$/.test(text.trim()) ? undefined : 'This is no partition. Write a number, such as 0.'),
		},
		{
			name: 'from',
			label: 'From',
			hint: 'committed (where the group is), an offset, earliest, latest, +20, -20, -15m, 2026-11-21T14:00Z',
			initial: ([row]) => (row?.kind === 'kafka.lag' ? startsAtCommit : 'latest'),
			problem: text =>
				parseStart(text) === undefined
					? 'This is no place. Write committed, an offset, earliest, latest, -15m or a time with its zone.'
					: undefined,
		},
	],
	documentOptions: [
		// The title of the document shows the position.
		{key: ']', title: 'next', nextParams: params => shiftStart(params, pageLength), currentLabel: () => ''},
		{key: '[', title: 'before', nextParams: params => shiftStart(params, -pageLength), currentLabel: () => ''},
	],
	disabled: row => (row.topic === '' ? (row.why ?? 'this group has no topic') : undefined),
	async open(row, {port, target, params, signal, now}) {
		const context = {signal, now};
		const from = params['from'] ?? startsAtCommit;
		const partition = Number(params['partition'] ?? 0);
		const pair = {topic: row.topic, partition};
		const {offset, start, end} = await findStartPosition(port, row, pair, parseStart(from) ?? 'committed', context);
		const messages =
			offset >= end ? [] : await port.peek({...pair, offset}, {messages: pageLength, bytes: pageBytes}, context);
		const at = now();
		const last = messages.at(-1);
		const rest = last === undefined ? 0 : end - last.offset - 1;
		return {
			title: `Messages of ${row.topic}/${partition} from ${formatThousands(offset)}`,
			lines: [
				{
					text: `The partition holds ${formatThousands(start)} to ${formatThousands(Math.max(start, end - 1))}, ends at ${formatThousands(end)}.`,
				},
				{text: ''},
				...messages.flatMap(message => messageLines(message, at)),
				...(messages.length === 0
					? [{text: offset >= end ? 'Nothing was written from there on yet.' : 'No message could be read from there.'}]
					: [
							{
								text:
									rest > 0
										? `${formatThousands(rest)} more up to its end: ] for the next.`
										: 'This is the newest message.',
							},
						]),
			],
			cliEquivalent: [
				kafkaToolCommand('kafka-console-consumer.sh', target, [
					'--topic',
					row.topic,
					'--partition',
					String(partition),
					'--offset',
					String(offset),
					'--max-messages',
					String(pageLength),
					'--property',
					'print.headers=true',
				]),
			],
		};
	},
});

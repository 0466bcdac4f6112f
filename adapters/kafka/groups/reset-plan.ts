import type {ActionContext, Preview, Risk} from '../../../src/contract/action.ts';
import {AdapterError, conflictError, isAdapterError} from '../../../src/errors.ts';
import {
	countMovedMessages,
	type OffsetMove,
	planOffsetMove,
	type ResetInput,
	type ResetItem,
	type ResetSpec,
} from '../../../src/model/kafka/offset-reset.ts';
import type {
	KafkaGroup,
	KafkaGroupName,
	KafkaGroupType,
	KafkaPort,
	KafkaSettings,
	KafkaTopic,
	PartialResult,
	PartitionOffset,
	TopicPartition,
} from '../../../src/port/kafka.ts';
import {formatThousands} from '../../../src/text/format.ts';
import {shellLine} from '../../../src/text/quote.ts';
import {kafkaToolCommand} from '../cli-equivalent.ts';
import {offsetBackupCsv} from './offset-backup.ts';

export type ResetPlan = {
	readonly target: string;
	readonly group: string;
	readonly topic: string;
	/** A topic that is created again under the same name has another; null where the broker gives none. */
	readonly topicId: string | null;
	readonly type: KafkaGroupType;
	readonly state: string;
	readonly members: number;
	/** Null where the broker does not report it. */
	readonly epoch: number | null;
	readonly moves: readonly OffsetMove[];
};

export type GroupState = {
	readonly group: KafkaGroup;
	readonly committed: ReadonlyMap<number, {readonly offset: number; readonly metadata: string}>;
};

type ResetContext = ActionContext<KafkaPort, KafkaSettings>;

/** Reads a group and its offsets of one topic. @throws AdapterError `conflict` when the group does not exist. */
export async function readGroupState(
	{group, topic}: {readonly group: string; readonly topic: string},
	context: ResetContext,
): Promise<GroupState> {
	const {port} = context;
	const name = (await port.groups(context)).read.find(one => one.group === group);
	if (name === undefined) throw conflictError(`the group ${group} is not there any more`);
	const [described, committed] = await Promise.all([describeOne(name, context), port.committed([group], context)]);
	const offsets = committed.read.find(one => one.group === group)?.offsets;
	if (offsets === undefined) throw groupUnreadableError(group, committed.failed[0]?.problem);
	return {
		group: described,
		committed: new Map(
			offsets
				.filter(one => one.topic === topic)
				.map(({partition, offset, metadata}) => [partition, {offset, metadata}] as const),
		),
	};
}

const groupUnreadableError = (group: string, problem = 'the brokers do not say why'): AdapterError =>
	new AdapterError(
		'unsupported',
		`${group} cannot be read: ${problem}`,
		'Nothing was sent. Only a group that can be read can be reset.',
	);

async function describeOne(name: KafkaGroupName, context: ResetContext): Promise<KafkaGroup> {
	const {read, failed} = await context.port.describe([name], context);
	const [described] = read;
	if (described === undefined) throw groupUnreadableError(name.group, failed[0]?.problem);
	return described;
}

const keyed = (offsets: readonly (TopicPartition & {readonly offset: number})[]): ReadonlyMap<number, number> =>
	new Map(offsets.map(({partition, offset}) => [partition, offset]));

/** Checks that all offsets were read. @throws AdapterError `unreachable` when they were not: a partition must not drop out of a plan, or of a check, unnoticed. */
function requireOffsets(topic: string, failed: PartialResult<TopicPartition, PartitionOffset>['failed']): void {
	const [first] = failed;
	if (first === undefined) return;
	throw new AdapterError(
		'unreachable',
		`the log of ${topic}/${first.of.partition} cannot be read: ${first.problem}`,
		'Nothing was sent. Name only partitions that can be read, or wait until they have a leader.',
	);
}

async function findOffsetsByTime(
	topic: string,
	items: readonly ResetItem[],
	partitions: readonly number[],
	context: ResetContext,
): Promise<ReadonlyMap<number, number>> {
	const all = new Map<number, number>();
	for (const {partition, spec} of items) {
		const at = spec.kind === 'time' ? spec.at : spec.kind === 'ago' ? context.now() - spec.ms : undefined;
		if (at === undefined) continue;
		const some = partitions.filter(one => partition === undefined || one === partition);
		const {read, failed} = await context.port.offsets(
			some.map(one => ({topic, partition: one})),
			{atOrAfter: at},
			context,
		);
		requireOffsets(topic, failed);
		for (const one of read) all.set(one.partition, one.offset);
	}
	return all;
}

/** Reads the id of the topic, and the offsets of the partitions that `items` name, or of all. @throws AdapterError */
export async function readResetInputs(
	{topic, items, now}: {readonly topic: string; readonly items: readonly ResetItem[]; readonly now: GroupState},
	context: ResetContext,
): Promise<{readonly topicId: string | null; readonly inputs: readonly ResetInput[]}> {
	const {port} = context;
	const read = await port.topics([topic], context);
	const found = read.read.find(one => one.topic === topic);
	const known = found?.partitions.map(one => one.partition);
	if (known === undefined) throw conflictError(`the topic ${topic} is not there any more`);
	const requested = items.flatMap(({partition}) => partition ?? []);
	const missing = requested.find(partition => !known.includes(partition));
	if (missing !== undefined) {
		throw new AdapterError(
			'unsupported',
			`${topic} has no partition ${missing}, it has ${known.length}`,
			'Nothing was sent. Partitions are counted from 0.',
		);
	}
	const partitions = (requested.length > 0 ? requested : known).toSorted((a, b) => a - b);
	const pairs = partitions.map(partition => ({topic, partition}));
	const [starts, ends] = await Promise.all([
		port.offsets(pairs, 'earliest', context),
		port.offsets(pairs, 'latest', context),
	]);
	requireOffsets(topic, [...starts.failed, ...ends.failed]);
	const offsetsByTime = await findOffsetsByTime(topic, items, partitions, context);
	const startOf = keyed(starts.read);
	const endOf = keyed(ends.read);
	const inputs = partitions.map(partition => ({
		partition,
		committed: now.committed.get(partition)?.offset,
		metadata: now.committed.get(partition)?.metadata ?? '',
		start: startOf.get(partition) ?? 0,
		end: endOf.get(partition) ?? 0,
		found: offsetsByTime.get(partition),
	}));
	return {topicId: found?.id ?? null, inputs};
}

/** The moves that change an offset. */
export function planOffsetMoves(inputs: readonly ResetInput[], items: readonly ResetItem[]): readonly OffsetMove[] {
	const specOf = (partition: number): ResetSpec | undefined =>
		items.find(item => item.partition === undefined || item.partition === partition)?.spec;
	return inputs.flatMap(input => {
		const spec = specOf(input.partition);
		const move = spec && planOffsetMove(input, spec);
		return move === undefined || move.from === move.to ? [] : [move];
	});
}

const messages = (count: number): string => `${formatThousands(count)} message${count === 1 ? '' : 's'}`;
const offsetText = (offset: number | null): string => (offset === null ? 'none' : formatThousands(offset));

function describeOffsetChange(move: OffsetMove): {
	readonly field: string;
	readonly before: string;
	readonly after: string;
} {
	const {skipped, again} = countMovedMessages(move);
	const effect = skipped > 0 ? `, skips ${messages(skipped)}` : again > 0 ? `, reads ${messages(again)} again` : '';
	const moved =
		move.requested === null ? '' : `; ${formatThousands(move.requested)} was requested, which does not exist`;
	return {
		field: `partition ${move.partition}`,
		before: offsetText(move.from),
		after: `${offsetText(move.to)}${effect}${moved}`,
	};
}

export function sumOffsetMoves(moves: readonly OffsetMove[]): {readonly skipped: number; readonly again: number} {
	const each = moves.map(countMovedMessages);
	return {
		skipped: each.reduce((sum, one) => sum + one.skipped, 0),
		again: each.reduce((sum, one) => sum + one.again, 0),
	};
}

/** Up to this many messages a person can inspect one by one, such as those that crash a group. */
const fewMessages = 10;

/**
 * The risk of the moves. It is high when an offset is created or deleted: without an offset, `auto.offset.reset` of the consumers decides
 * where they read, and that may be the entire log.
 */
function resetRisk(moves: readonly OffsetMove[]): Risk {
	const {skipped, again} = sumOffsetMoves(moves);
	const areOffsetsKnown = moves.every(({from, to}) => from !== null && to !== null);
	return areOffsetsKnown && skipped + again <= fewMessages ? 'low' : 'high';
}

export const howToStop = (group: string): string =>
	`Stop it first, without which the brokers refuse: scale the workload that runs ${group} to 0 (in the pane of pods, S), wait until it is Empty, reset, scale it back.`;

function resetImpact({group, topic, moves, members, state}: ResetPlan): string {
	const {skipped, again} = sumOffsetMoves(moves);
	const parts = [
		...(skipped > 0 ? [`${messages(skipped)} will never be read by it`] : []),
		...(again > 0 ? [`${messages(again)} will be read again`] : []),
		...(skipped === 0 && again === 0 ? ['no message is skipped or read again'] : []),
	];
	const where = `${moves.length} partition${moves.length === 1 ? '' : 's'} of ${topic}`;
	const who =
		members === 0 ? `It has no members now (${state}).` : `It has ${members} members now. ${howToStop(group)}`;
	return `${group} continues from other offsets on ${where}: ${parts.join(', ')}. ${who}`;
}

/** The same reset by Kafka's own tool, with exactly these offsets. The tool reads a file by its size, so a pipe would be empty. */
function resetCliEquivalent({group, topic, moves}: ResetPlan, context: ResetContext): string {
	const groups = (words: readonly string[]) => kafkaToolCommand('kafka-consumer-groups.sh', context.target, words);
	const file = 'offsets.csv';
	const set = moves.filter(move => move.to !== null);
	const lines = offsetBackupCsv(
		topic,
		set.map(({partition, to}) => ({partition, from: to})),
	)
		.trimEnd()
		.split('\n');
	const reset = groups(['--group', group, '--reset-offsets', '--from-file', file, '--execute']);
	const drop = moves.filter(move => move.to === null).map(({partition}) => partition);
	return [
		...(set.length === 0 ? [] : [`${shellLine(['printf', '%s\\n', ...lines])} > ${file} && ${reset}`]),
		...(drop.length === 0
			? []
			: [groups(['--group', group, '--delete-offsets', '--topic', `${topic}:${drop.join(',')}`])]),
	].join(' && ');
}

export function previewReset(plan: ResetPlan, isUndo: boolean, context: ResetContext): Preview<ResetPlan> {
	const {group, topic, moves, type, state, members, epoch} = plan;
	const none = moves.filter(move => move.from === null).length;
	const undo = none === 0 ? '' : `; ${none} partition${none === 1 ? ' has' : 's have'} none, and get none again`;
	return {
		plan,
		target: plan.target,
		object: `${group}/${topic}`,
		lockNames: [`group ${group} on topic ${topic}`],
		count: moves.length,
		touches: moves.map(({partition}) => `${topic}/${partition}`),
		cliEquivalent: resetCliEquivalent(plan, context),
		impact: resetImpact(plan),
		checkedIdentity: `${type} group, ${state}, ${members} members${epoch === null ? '' : `, epoch ${epoch}`}, offsets as listed`,
		changes: moves.map(describeOffsetChange),
		risk: resetRisk(moves),
		undo: {
			class: 'exact',
			text: `exact while the group has no members${isUndo ? '' : ', by the backup written first'}: the offsets of before are committed again${undo}. What was read meanwhile stays read.`,
		},
	};
}

/** Describes how the group differs from the plan; undefined when it does not. */
function describeGroupConflict(plan: ResetPlan, now: GroupState): string | undefined {
	const {group, committed} = now;
	if (group.type !== plan.type) return `it is a ${group.type} group now`;
	const members = group.members.length;
	if (members !== plan.members) {
		const who = plan.members === 0 ? ': it was started' : members === 0 ? ': it was stopped' : '';
		return `it has ${members} members now (${group.state}), it had ${plan.members}${who}`;
	}
	if (group.state !== plan.state) return `it is ${group.state} now, it was ${plan.state}`;
	if (plan.epoch !== null && group.epoch !== undefined && group.epoch !== plan.epoch) {
		return `the group has rebalanced: its epoch is ${group.epoch} now, it was ${plan.epoch}`;
	}
	for (const {partition, from, metadata} of plan.moves) {
		const now = committed.get(partition);
		const offset = now?.offset ?? null;
		if (offset !== from) {
			return `partition ${partition} is committed at ${offsetText(offset)} now, it was ${offsetText(from)}`;
		}
		if ((now?.metadata ?? '') !== metadata) return `partition ${partition} was committed again, with other metadata`;
	}
	return undefined;
}

/** Reads the group, the topic and the log again and describes how they differ from the plan; undefined when they do not. */
export async function describeResetConflict(plan: ResetPlan, context: ResetContext): Promise<string | undefined> {
	const {topic, moves} = plan;
	const pairs = moves.map(({partition}) => ({topic, partition}));
	try {
		const [now, topics, starts] = await Promise.all([
			readGroupState(plan, context),
			context.port.topics([topic], context),
			context.port.offsets(pairs, 'earliest', context),
		]);
		const conflict = describeGroupConflict(plan, now) ?? describeTopicConflict(plan, topics.read);
		if (conflict !== undefined) return conflict;
		requireOffsets(topic, starts.failed);
		return describeLogConflict(plan, keyed(starts.read));
	} catch (error) {
		if (!isAdapterError(error) || error.kind !== 'conflict') throw error;
		return error.message;
	}
}

function describeTopicConflict({topic, topicId}: ResetPlan, topics: readonly KafkaTopic[]): string | undefined {
	const now = topics.find(one => one.topic === topic);
	if (now === undefined) return `the topic ${topic} is not there any more`;
	return topicId === null || now.id === undefined || now.id === topicId
		? undefined
		: `the topic ${topic} was deleted and created again`;
}

/** Describes a target offset that retention deleted after it was shown; undefined when all still exist. */
function describeLogConflict({moves}: ResetPlan, starts: ReadonlyMap<number, number>): string | undefined {
	const lost = moves.find(({partition, to, start}) => to !== null && to >= start && to < (starts.get(partition) ?? 0));
	if (lost === undefined) return undefined;
	const start = formatThousands(starts.get(lost.partition) ?? 0);
	return `partition ${lost.partition} begins at ${start} now: the message at ${offsetText(lost.to)} was deleted`;
}

import type {ActionContext, Check, Outcome} from '../../../src/contract/action.ts';
import {defineAction} from '../../../src/contract/define.ts';
import {AdapterError, conflictError, isAdapterError, readBeforeSending} from '../../../src/errors.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import {type OffsetMove, parseOffsetReset, type ResetItem} from '../../../src/model/kafka/offset-reset.ts';
import type {KafkaPort, KafkaSettings} from '../../../src/port/kafka.ts';
import {formatThousands} from '../../../src/text/format.ts';
import {offsetBackupCsv, offsetBackupJson} from './offset-backup.ts';
import {
	describeResetConflict,
	type GroupState,
	howToStop,
	planOffsetMoves,
	previewReset,
	type ResetPlan,
	readGroupState,
	readResetInputs,
} from './reset-plan.ts';

/** The action that the permissions are listed for. */
const resetActionId = 'kafka.reset-offsets';

const planOf = (
	{group, topic, topicId}: Pick<ResetPlan, 'group' | 'topic' | 'topicId'>,
	now: GroupState,
	moves: readonly OffsetMove[],
	target: string,
): ResetPlan => ({
	target,
	group,
	topic,
	topicId,
	type: now.group.type,
	state: now.group.state,
	members: now.group.members.length,
	epoch: now.group.epoch ?? null,
	moves,
});

/**
 * The error when the offsets were committed and the deletion of the others failed. Its kind is `unreachable`, so that it does not count as
 * harmless: part of the plan has taken effect.
 */
function deletionFailedError(error: unknown, done: number): unknown {
	if (!isAdapterError(error)) return error;
	const message = `the offsets of ${done} partition${done === 1 ? '' : 's'} were committed, the others were not deleted: ${error.message}`;
	return new AdapterError('unreachable', message, 'Read the offsets of the group before anything else.', {
		cause: error,
	});
}

const requireResetItems = (text: string | undefined): readonly ResetItem[] => {
	const items = parseOffsetReset(text ?? '');
	if (items === undefined)
		throw new AdapterError('unsupported', `${text ?? 'nothing'} names no offset`, 'Nothing was sent.');
	return items;
};

/** `committed on 3 partitions, deleted on 1 partition` */
function resetCounts(committed: number, deleted: number): string {
	const counted = (verb: string, count: number) =>
		count === 0 ? [] : [`${verb} on ${count} partition${count === 1 ? '' : 's'}`];
	return [...counted('committed', committed), ...counted('deleted', deleted)].join(', ');
}

/** Checks that the group of the plan has no members. For a group that still matches the plan. */
function groupEmptyCheck({group, type, state, members}: ResetPlan): Check {
	const label = 'the group';
	if (members > 0) return {label, result: 'block', detail: `${members} members read (${state}). ${howToStop(group)}`};
	if (type === 'share' || type === 'unknown') {
		return {label, result: 'block', detail: `it is a ${type} group: midwatch cannot see whether it is stopped`};
	}
	return {label, result: 'pass', detail: `${state}, without members`};
}

/** Checks the right to commit. Only a permission that is known to be missing blocks. */
async function permissionCheck(
	{group, type, topic, moves}: ResetPlan,
	context: ActionContext<KafkaPort, KafkaSettings>,
): Promise<Check> {
	const label = 'the right to commit for it';
	try {
		const drops = moves.some(({to}) => to === null);
		const isNeeded = (needs: string) => needs === resetActionId || (drops && needs.startsWith(`${resetActionId} `));
		const needed = (await context.port.permissions(context, {group, type, topic})).filter(({needs}) => isNeeded(needs));
		const lack = needed.find(({state}) => state === 'lack');
		if (lack !== undefined) {
			return {label, result: 'block', detail: `not permitted: an administrator grants it with: ${lack.grant}`};
		}
		if (needed.length > 0 && needed.every(({state}) => state === 'have')) {
			return {label, result: 'pass', detail: `you have ${needed.map(({name}) => name).join(', ')}`};
		}
	} catch (error) {
		if (!(error instanceof AdapterError)) throw error;
	}
	return {label, result: 'unknown', detail: 'the brokers do not report it: they refuse the commit if you may not'};
}

/** Whether every partition is at its new offset, or further when a member reads again. */
function outcomeOf({moves, topic}: ResetPlan, {group, committed}: GroupState): Outcome {
	const back = group.members.length > 0 ? `; ${group.members.length} members read from there` : '';
	for (const {partition, to} of moves) {
		const offset = committed.get(partition)?.offset;
		const isThere = to === null ? offset === undefined : offset === to;
		const went = to !== null && offset !== undefined && offset > to && group.members.length > 0;
		if (!isThere && !went) {
			const reads = offset === undefined ? 'none' : formatThousands(offset);
			return {
				result: 'ineffective',
				detail: `${topic}/${partition} reads ${reads}, not ${to === null ? 'none' : formatThousands(to)}`,
			};
		}
	}
	return {
		result: 'done',
		detail: `${moves.length === 1 ? 'the partition reads' : `all ${moves.length} partitions read`} as planned${back}`,
	};
}

/**
 * Moves a stopped group to other offsets: saves the present ones to files, commits the new ones, and deletes those that are to be absent, as
 * the undo of a first commit does.
 */
export const resetOffsets = defineAction<LagRow, KafkaPort, KafkaSettings>()<ResetPlan>({
	id: resetActionId,
	title: 'Reset offsets',
	key: 'R',
	kind: 'kafka.lag',
	selects: 'one',
	params: [
		{
			name: 'to',
			label: 'To',
			hint: 'earliest, latest, +1, -100, an offset, -15m, 2026-11-21T14:00Z, or by partition: 7:+1, 8:482012',
			initial: ([row]) => (row?.worst === undefined || row.partitions < 2 ? '+1' : `${row.worst.partition}:+1`),
			problem: text =>
				parseOffsetReset(text) === undefined
					? 'This is no offset. Write earliest, latest, +1, -100, 482012, -15m, a time with its zone, or a list such as 7:+1, 8:latest.'
					: undefined,
		},
	],
	shownFacts: [
		{
			fact: 'the group',
			changeDetectedBy: 'its name, which the commit carries; a deleted group has no offsets to compare',
		},
		{
			fact: 'the topic',
			changeDetectedBy: 'its id, where the broker gives one: a topic that is deleted and created again has another',
		},
		{fact: 'the type of the group', changeDetectedBy: 'read again just before the commit'},
		{fact: 'the state of the group', changeDetectedBy: 'read again just before the commit'},
		{
			fact: 'how many members it has',
			changeDetectedBy: 'read again just before the commit, and the broker refuses a commit for a group with members',
		},
		{fact: 'the epoch of the group', changeDetectedBy: 'read again just before the commit, where the broker gives one'},
		{
			fact: 'the committed offsets',
			changeDetectedBy: 'read again just before the commit; Kafka has no commit that compares',
		},
		{
			fact: 'that the messages from the new offsets on exist',
			changeDetectedBy: 'the start of each log, read again just before the commit',
		},
		{
			fact: 'where each log begins and ends',
			changeAllowedBecause:
				'both move by themselves with every message and with retention; the offsets that are committed are those of the plan',
		},
		{
			fact: 'how many messages are skipped or read again',
			changeAllowedBecause:
				'it is counted from the ends of the logs, which move by themselves; the offsets before and after, between which it counts, are bound',
		},
		{
			fact: 'whether midwatch may commit for it',
			changeAllowedBecause: 'the brokers refuse the commit when it is sent, and nothing is changed then',
		},
	],
	disabled([row]) {
		if (row === undefined) return undefined;
		if (row.topic === '') return row.why ?? 'this group has no offsets';
		if (row.type === 'share') return 'a share group has no offsets to commit';
		return row.type === 'streams' ? 'a streams group is reset with its own tool, kafka-streams-groups.sh' : undefined;
	},
	async preview([row], params, context) {
		if (row === undefined) throw conflictError('no group was selected');
		const items = requireResetItems(params['to']);
		const now = await readGroupState(row, context);
		const {topicId, inputs} = await readResetInputs({topic: row.topic, items, now}, context);
		const moves = planOffsetMoves(inputs, items);
		if (moves.length === 0) {
			throw new AdapterError(
				'unsupported',
				`${row.group} is there already on ${row.topic}`,
				'Nothing was sent: nothing would change.',
			);
		}
		return previewReset(planOf({...row, topicId}, now, moves, context.target.name), false, context);
	},
	async preflight(plan, context) {
		const conflict = await describeResetConflict(plan, context);
		if (conflict !== undefined) return [{label: 'the group', result: 'block', detail: conflict, conflict: true}];
		// Offsets and log starts were compared above: their checks can only pass here.
		return [
			groupEmptyCheck(plan),
			{
				label: plan.moves.length === 1 ? 'the offset' : 'the offsets',
				result: 'pass',
				detail: plan.moves.length === 1 ? 'as it was' : `as they were on all ${plan.moves.length} partitions`,
			},
			await permissionCheck(plan, context),
			{label: 'the messages', result: 'pass', detail: 'everything from there on still exists'},
		];
	},
	async run(plan, context) {
		const {port} = context;
		const {group, topic, moves} = plan;
		const conflict = await readBeforeSending(describeResetConflict(plan, context));
		if (conflict !== undefined) throw conflictError(conflict);
		const about = {target: plan.target, group, topic, at: new Date(context.now()).toISOString()};
		const json = await context.saveFile(`${group}-${topic}.json`, offsetBackupJson(about, moves));
		const csv = await context.saveFile(`${group}-${topic}.csv`, offsetBackupCsv(topic, moves));
		const set = moves.flatMap(({partition, to, note}) =>
			to === null ? [] : [{topic, partition, offset: to, metadata: note}],
		);
		const drop = moves.filter(({to}) => to === null).map(({partition}) => ({topic, partition}));
		if (set.length > 0) await port.commitOffsets({group, offsets: set}, context);
		if (drop.length > 0) {
			await port.deleteOffsets({group, partitions: drop}, context).catch((error: unknown) => {
				throw set.length > 0 ? deletionFailedError(error, set.length) : error;
			});
		}
		return {
			summary: `offsets of ${group} on ${topic}: ${resetCounts(set.length, drop.length)}`,
			before: {
				backup: csv,
				'backup with metadata': json,
				[topic]: moves.map(({partition, from}) => `${partition}=${from ?? 'none'}`).join(' '),
			},
		};
	},
	verify: async (plan, _receipt, context) => outcomeOf(plan, await readGroupState(plan, context)),
	settleMs: 10_000,
	undo: {
		async propose(plan, _receipt, context) {
			const now = await readGroupState(plan, context);
			// Only to read these partitions: the spec is not used.
			const items = plan.moves.map(({partition}) => ({partition, spec: {kind: 'latest'} as const}));
			const {topicId, inputs} = await readResetInputs({topic: plan.topic, items, now}, context);
			const moves = inputs.flatMap((input): readonly OffsetMove[] => {
				const before = plan.moves.find(move => move.partition === input.partition);
				const from = input.committed ?? null;
				if (before === undefined || from === before.from) return [];
				const {partition, metadata, start, end} = input;
				return [{partition, from, to: before.from, metadata, note: before.metadata, start, end, requested: null}];
			});
			if (moves.length === 0) throw conflictError(`${plan.group} is back where it was already`);
			return previewReset(planOf({...plan, topicId}, now, moves, plan.target), true, context);
		},
	},
});

import {expect, test} from 'vitest';
import {describeResetConflict, type ResetPlan, readResetInputs} from '../../../adapters/kafka/groups/reset-plan.ts';
import type {KafkaGroup, KafkaPort, OffsetSpec, TopicPartition} from '../../../src/port/kafka.ts';

const group = {
	group: 'mailer',
	type: 'classic',
	state: 'Empty',
	epoch: undefined,
	members: [],
} as unknown as KafkaGroup;
const committed = [{topic: 'notify', partition: 0, offset: 5, metadata: ''}];
const state = {group, committed: new Map([[0, {offset: 5, metadata: ''}]])};

/** A port whose brokers cannot read partition 1 for some kinds of offset. */
const portThatFails = (fails: (spec: OffsetSpec) => boolean) =>
	({
		groups: async () => ({read: [{group: 'mailer', type: 'classic', state: 'Empty'}], failed: []}),
		describe: async () => ({read: [group], failed: []}),
		committed: async () => ({read: [{group: 'mailer', offsets: committed}], failed: []}),
		topics: async () => ({
			read: [{topic: 'notify', id: 'id-1', partitions: [{partition: 0}, {partition: 1}]}],
			failed: [],
		}),
		offsets: async (pairs: readonly TopicPartition[], spec: OffsetSpec) => ({
			read: pairs.filter(({partition}) => partition === 0 || !fails(spec)).map(pair => ({...pair, offset: 3})),
			failed: pairs
				.filter(({partition}) => partition === 1 && fails(spec))
				.map(of => ({of, problem: 'the partition has no leader'})),
		}),
	}) as unknown as KafkaPort;

const contextOf = (port: KafkaPort) =>
	({port, signal: new AbortController().signal, now: () => 1_000_000}) as unknown as Parameters<
		typeof readResetInputs
	>[1];

const unreadable = {kind: 'unreachable', message: 'the log of notify/1 cannot be read: the partition has no leader'};

test.each([
	['earliest', 'earliest'],
	['latest', 'latest'],
	['a time', 'time'],
])(
	'a plan fails when the offset of a partition for %s cannot be read, instead of leaving the partition out',
	async (_, which) => {
		const port = portThatFails(spec => (typeof spec === 'string' ? spec : 'time') === which);
		const items = [{partition: undefined, spec: {kind: 'ago', ms: 1000}}] as const;
		await expect(readResetInputs({topic: 'notify', items, now: state}, contextOf(port))).rejects.toMatchObject(
			unreadable,
		);
	},
);

test('a partition whose start cannot be read any more is no proof that nothing was deleted', async () => {
	const plan: ResetPlan = {
		...{target: 't', group: 'mailer', topic: 'notify', topicId: 'id-1', type: 'classic', state: 'Empty'},
		...{members: 0, epoch: null},
		moves: [{partition: 1, from: null, to: 4, start: 3, end: 9, metadata: ''}],
	} as unknown as ResetPlan;
	const unread = portThatFails(spec => spec === 'earliest');
	await expect(describeResetConflict(plan, contextOf(unread))).rejects.toMatchObject(unreadable);
	const readable = portThatFails(() => false);
	expect(await describeResetConflict(plan, contextOf(readable))).toBeUndefined();
});

import type {LagRow} from '../../../../src/model/kafka/consumer-lag.ts';
import {createLagTracker} from '../../../../src/model/kafka/lag-tracker.ts';
import type {KafkaGroup, KafkaGroupType} from '../../../../src/port/kafka.ts';

export type LagRead = {
	/** Log ends by partition, and what the group has committed; undefined: nothing. */
	readonly logEnds: readonly (number | undefined)[];
	readonly committed: readonly (number | undefined)[];
};

export type LagFixtureOptions = {
	readonly members?: number;
	readonly state?: string;
	readonly type?: KafkaGroupType;
	readonly starts?: readonly number[];
	/** Partitions that no member reads. */
	readonly unread?: readonly number[];
	readonly intervalMs?: number;
};

export const describedGroup = (
	group: string,
	topic: string,
	partitions: readonly number[],
	{members = 3, state = members === 0 ? 'Empty' : 'Stable', type = 'classic', unread = []}: LagFixtureOptions = {},
): KafkaGroup => ({
	group,
	type,
	state,
	epoch: undefined,
	coordinator: 1,
	members: Array.from({length: members}, (_, index) => ({
		id: `${group}-${index}`,
		clientId: `${group}-${index}`,
		host: '/10.0.0.1',
		assignment: partitions
			.filter(partition => partition % members === index && !unread.includes(partition))
			.map(partition => ({topic, partition})),
	})),
});

const numbered = (offsets: readonly (number | undefined)[]) =>
	offsets.flatMap((offset, partition) => (offset === undefined ? [] : [{topic: 'events', partition, offset}]));

/** The row of the group `orders` on the topic `events` after these turns, one each 5 s. */
export function lagRowAfter(turns: readonly LagRead[], options: LagFixtureOptions = {}): LagRow {
	const book = createLagTracker('kafka');
	const count = turns[0]?.logEnds.length ?? 1;
	const partitions = Array.from({length: count}, (_, at) => at);
	const {type = 'classic'} = options;
	let row: LagRow | undefined;
	for (const [index, {logEnds: ends, committed}] of turns.entries()) {
		const at = 1_000_000 + index * (options.intervalMs ?? 5000);
		const group = describedGroup('orders', 'events', partitions, options);
		book.recordTopics([
			{
				topic: 'events',
				id: undefined,
				internal: false,
				partitions: partitions.map(partition => ({
					topic: 'events',
					partition,
					leader: 1,
					replicas: [1],
					inSync: [1],
					offline: [],
				})),
			},
		]);
		book.recordEnds(numbered(ends), at);
		book.recordStarts(numbered(options.starts ?? []));
		[row] = book.evaluateGroup(
			{
				name: {group: 'orders', type, protocolType: 'consumer', state: group.state},
				described: group,
				offsets: numbered(committed).map(one => ({...one, metadata: ''})),
			},
			at,
		);
	}
	if (row === undefined) throw new Error('there is no row');
	return row;
}

/** Reads of one partition over some seconds: with a lag, and `produced` and `consumed` messages a second. */
export const steadyReads = (seconds: number, lag: number, produced: number, consumed: number): readonly LagRead[] =>
	Array.from({length: Math.floor(seconds / 5) + 1}, (_, index) => {
		const passed = index * 5;
		return {logEnds: [1e6 + produced * passed], committed: [1e6 - lag + consumed * passed]};
	});

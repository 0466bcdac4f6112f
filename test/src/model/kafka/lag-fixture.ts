import type {LagRow} from '../../../../src/model/kafka/consumer-lag.ts';
import {createLagBook} from '../../../../src/model/kafka/lag-tracker.ts';
import type {KafkaGroup, KafkaGroupType} from '../../../../src/port/kafka.ts';

export type Turn = {
	/** Log ends by partition, and what the group has committed; undefined: nothing. */
	readonly ends: readonly (number | undefined)[];
	readonly committed: readonly (number | undefined)[];
};

export type SceneOptions = {
	readonly members?: number;
	readonly state?: string;
	readonly type?: KafkaGroupType;
	readonly starts?: readonly number[];
	/** Partitions that no member reads. */
	readonly unread?: readonly number[];
	readonly everyMs?: number;
};

export const described = (
	group: string,
	topic: string,
	partitions: readonly number[],
	{members = 3, state = members === 0 ? 'Empty' : 'Stable', type = 'classic', unread = []}: SceneOptions = {},
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
export function rowAfter(turns: readonly Turn[], options: SceneOptions = {}): LagRow {
	const book = createLagBook('kafka');
	const count = turns[0]?.ends.length ?? 1;
	const partitions = Array.from({length: count}, (_, at) => at);
	const {type = 'classic'} = options;
	let row: LagRow | undefined;
	for (const [index, {ends, committed}] of turns.entries()) {
		const at = 1_000_000 + index * (options.everyMs ?? 5000);
		const group = described('orders', 'events', partitions, options);
		book.topics([
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
		book.ends(numbered(ends), at);
		book.starts(numbered(options.starts ?? []));
		[row] = book.group(
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

/** So many seconds on one partition: so far behind, `produced` coming in and `consumed` read a second. */
export const steadyTurns = (seconds: number, lag: number, produced: number, consumed: number): readonly Turn[] =>
	Array.from({length: Math.floor(seconds / 5) + 1}, (_, index) => {
		const passed = index * 5;
		return {ends: [1e6 + produced * passed], committed: [1e6 - lag + consumed * passed]};
	});

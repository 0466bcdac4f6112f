import type {CommittedOffset, TopicPartition} from '../../../src/port/kafka.ts';
import type {Reader, WireRequest, Writer} from './wire.ts';

/** The committed offsets of one group, or one error for the group. Partitions without a commit are left out. */
export type GroupOffsets = {
	readonly group: string;
	readonly error: number;
	readonly offsets: readonly CommittedOffset[];
	readonly failed: readonly (TopicPartition & {readonly error: number})[];
};

type PartitionOffsets = Pick<GroupOffsets, 'offsets' | 'failed'>;

/** Reads the partitions of a response into commits and failures, one at a time: there may be 100,000 of them. */
function readOffsetsByTopic(
	reader: Reader,
	read: (at: TopicPartition) => {readonly commit: CommittedOffset; readonly error: number},
	skipTopicId = false,
): PartitionOffsets {
	const offsets: CommittedOffset[] = [];
	const failed: (TopicPartition & {error: number})[] = [];
	reader.array(() => {
		const topic = reader.string();
		if (skipTopicId) reader.uuid();
		reader.array(() => {
			const {commit, error} = read({topic, partition: reader.int32()});
			reader.tags();
			if (error !== 0) failed.push({topic, partition: commit.partition, error});
			else if (commit.offset >= 0) offsets.push(commit);
		});
		reader.tags();
	});
	return {offsets, failed};
}

const fetched = (reader: Reader): PartitionOffsets =>
	readOffsetsByTopic(reader, ({topic, partition}) => {
		const offset = reader.int64();
		const epoch = reader.int32();
		const metadata = reader.string();
		const commit =
			epoch < 0 ? {topic, partition, offset, metadata} : {topic, partition, offset, metadata, leaderEpoch: epoch};
		return {commit, error: reader.int16()};
	});

/** The committed offsets of groups. Versions before 8 take one group at a time. */
export const offsetFetch: WireRequest<readonly string[], readonly GroupOffsets[]> = {
	name: 'OffsetFetch',
	key: 9,
	versions: [5, 9],
	flexibleFrom: 6,
	write(writer, groups, version) {
		if (version < 8) {
			writer.string(groups[0] ?? '').array(null, () => {});
			if (version >= 7) writer.boolean(false);
			return void writer.tags();
		}
		writer.array(groups, group => {
			writer.string(group);
			if (version >= 9) writer.string(null).int32(-1);
			writer.array(null, () => {}).tags();
		});
		writer.boolean(false).tags();
	},
	read(reader, version) {
		reader.int32();
		if (version < 8) {
			const all = fetched(reader);
			return [{group: '', ...all, error: reader.int16()}];
		}
		return reader.array(() => {
			const group = reader.string();
			const all = fetched(reader);
			const error = reader.int16();
			reader.tags();
			return {group, error, ...all};
		});
	},
};

/** The start offset of a share group in each partition: the first message that its members have not finished. */
export const describeShareGroupOffsets: WireRequest<readonly string[], readonly GroupOffsets[]> = {
	name: 'DescribeShareGroupOffsets',
	key: 90,
	versions: [0, 1],
	flexibleFrom: 0,
	mayBeSlow: true,
	write: (writer, groups) =>
		void writer
			.array(
				groups,
				group =>
					void writer
						.string(group)
						.array(null, () => {})
						.tags(),
			)
			.tags(),
	read(reader, version) {
		reader.int32();
		return reader.array(() => {
			const group = reader.string();
			const all = readOffsetsByTopic(
				reader,
				({topic, partition}) => {
					const offset = reader.int64();
					reader.int32();
					if (version >= 1) reader.int64();
					const error = reader.int16();
					reader.optionalString();
					return {commit: {topic, partition, offset, metadata: ''}, error};
				},
				true,
			);
			const error = reader.int16();
			reader.optionalString();
			reader.tags();
			return {group, error, ...all};
		});
	},
};

/** Writes partitions grouped by topic, as all of these messages require. */
export function writePartitionsByTopic<T extends TopicPartition>(
	writer: Writer,
	partitions: readonly T[],
	write: (partition: T) => void,
): void {
	const topics = [...Map.groupBy(partitions, one => one.topic)];
	writer.array(topics, ([topic, ofTopic]) => {
		writer.string(topic).array(ofTopic, one => {
			writer.int32(one.partition);
			write(one);
			writer.tags();
		});
		writer.tags();
	});
}

/** Reads the results of partitions, which a response groups by topic. */
export const readPartitionsByTopic = <T>(reader: Reader, read: (at: TopicPartition) => T): readonly T[] =>
	reader
		.array(() => {
			const topic = reader.string();
			const partitions = reader.array(() => {
				const one = read({topic, partition: reader.int32()});
				reader.tags();
				return one;
			});
			reader.tags();
			return partitions;
		})
		.flat();

export const latestTimestamp = -1;
export const earliestTimestamp = -2;

/** `time`: `latest`, `earliest`, or epoch milliseconds. The offset is -1 when there is no message at or after that time. */
export const listOffsets: WireRequest<
	{readonly partitions: readonly TopicPartition[]; readonly time: number},
	readonly (TopicPartition & {readonly error: number; readonly offset: number})[]
> = {
	name: 'ListOffsets',
	key: 2,
	versions: [4, 7],
	flexibleFrom: 6,
	write(writer, {partitions, time}) {
		// Not a replica, and messages of open transactions count: the same end that the brokers' own tools show.
		writer.int32(-1).int8(0);
		writePartitionsByTopic(writer, partitions, () => writer.int32(-1).int64(time));
		writer.tags();
	},
	read(reader) {
		reader.int32();
		return readPartitionsByTopic(reader, at => {
			const error = reader.int16();
			reader.int64();
			const offset = reader.int64();
			reader.int32();
			return {...at, error, offset};
		});
	},
};

export type PartitionError = TopicPartition & {readonly error: number};

/**
 * Commits for a group without being a member of it: no generation, no member id. The brokers accept it only for a group without
 * members (GroupCoordinator: UNKNOWN_MEMBER_ID otherwise).
 */
export const offsetCommit: WireRequest<
	{
		readonly group: string;
		readonly offsets: readonly (TopicPartition & {readonly offset: number; readonly metadata: string})[];
	},
	readonly PartitionError[]
> = {
	name: 'OffsetCommit',
	key: 8,
	versions: [7, 9],
	flexibleFrom: 8,
	write(writer, {group, offsets}) {
		writer.string(group).int32(-1).string('').string(null);
		writePartitionsByTopic(writer, offsets, one => writer.int64(one.offset).int32(-1).string(one.metadata));
		writer.tags();
	},
	read(reader) {
		reader.int32();
		return readPartitionsByTopic(reader, at => ({...at, error: reader.int16()}));
	},
};

export const offsetDelete: WireRequest<
	{readonly group: string; readonly partitions: readonly TopicPartition[]},
	{readonly error: number; readonly partitions: readonly PartitionError[]}
> = {
	name: 'OffsetDelete',
	key: 47,
	versions: [0, 0],
	flexibleFrom: Number.POSITIVE_INFINITY,
	write(writer, {group, partitions}) {
		writer.string(group);
		writePartitionsByTopic(writer, partitions, () => {});
	},
	read(reader) {
		const error = reader.int16();
		reader.int32();
		return {error, partitions: readPartitionsByTopic(reader, at => ({...at, error: reader.int16()}))};
	},
};

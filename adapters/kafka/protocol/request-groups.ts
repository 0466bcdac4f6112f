import type {TopicPartition} from '../../../src/port/kafka.ts';
import {Reader, type WireRequest, type Writer} from './wire.ts';

export const listGroups: WireRequest<
	undefined,
	{
		readonly error: number;
		readonly groups: readonly {
			readonly group: string;
			readonly protocolType: string;
			readonly state: string | undefined;
			readonly type: string | undefined;
		}[];
	}
> = {
	name: 'ListGroups',
	key: 16,
	versions: [1, 5],
	flexibleFrom: 3,
	write(writer, _, version) {
		// No filter: all states, all types.
		if (version >= 4) writer.array([], () => {});
		if (version >= 5) writer.array([], () => {});
		writer.tags();
	},
	read(reader, version) {
		reader.int32();
		const error = reader.int16();
		const groups = reader.array(() => {
			const group = {
				group: reader.string(),
				protocolType: reader.string(),
				state: version >= 4 ? reader.string() : undefined,
				type: version >= 5 ? reader.string() : undefined,
			};
			reader.tags();
			return group;
		});
		return {error, groups};
	},
};

export type Coordinator = {
	readonly group: string;
	readonly error: number;
	readonly message: string | undefined;
	readonly id: number;
	readonly host: string;
	readonly port: number;
};

/** Versions before 4 take one group at a time. A cluster without groups creates their topic on the first request: name only groups that are listed. */
export const findCoordinator: WireRequest<readonly string[], readonly Coordinator[]> = {
	name: 'FindCoordinator',
	key: 10,
	versions: [1, 4],
	flexibleFrom: 3,
	write(writer, groups, version) {
		const group = 0;
		if (version < 4)
			return void writer
				.string(groups[0] ?? '')
				.int8(group)
				.tags();
		writer
			.int8(group)
			.array(groups, name => void writer.string(name))
			.tags();
	},
	read(reader, version) {
		reader.int32();
		if (version < 4) {
			const error = reader.int16();
			const message = reader.optionalString();
			return [{group: '', error, message, id: reader.int32(), host: reader.string(), port: reader.int32()}];
		}
		return reader.array(() => {
			const group = reader.string();
			const at = {id: reader.int32(), host: reader.string(), port: reader.int32()};
			const found = {group, ...at, error: reader.int16(), message: reader.optionalString()};
			reader.tags();
			return found;
		});
	},
};

export type DescribedMember = {
	readonly id: string;
	readonly instanceId: string | undefined;
	readonly clientId: string;
	readonly host: string;
	readonly assignment: readonly TopicPartition[] | undefined;
};

export type DescribedGroup = {
	readonly group: string;
	readonly error: number;
	readonly message?: string | undefined;
	readonly state: string;
	readonly epoch: number | undefined;
	readonly members: readonly DescribedMember[];
	/** The operations that we may do on it, one bit each. */
	readonly operations: number;
};

/** Writes the groups to describe, and requests the allowed operations. */
const writeGroups = (writer: Writer, groups: readonly string[]): void =>
	void writer
		.array(groups, group => void writer.string(group))
		.boolean(true)
		.tags();

/** Describes groups of the classic protocol. A group of another protocol is answered as Dead, without an error: do not name those. */
export const describeGroups: WireRequest<readonly string[], readonly DescribedGroup[]> = {
	name: 'DescribeGroups',
	key: 15,
	versions: [3, 5],
	flexibleFrom: 5,
	write: writeGroups,
	read(reader, version) {
		reader.int32();
		return reader.array(() => {
			const error = reader.int16();
			const group = reader.string();
			const state = reader.string();
			const protocolType = reader.string();
			reader.string();
			const members = reader.array(() => {
				const id = reader.string();
				const instanceId = version >= 4 ? reader.optionalString() : undefined;
				const clientId = reader.string();
				const host = reader.string();
				reader.bytes();
				const readAssignment = reader.bytes();
				reader.tags();
				// During a rebalance, and in protocols other than `consumer`, the bytes have another format.
				const readable = state === 'Stable' && protocolType === 'consumer';
				return {
					id,
					instanceId,
					clientId,
					host,
					assignment: readable ? readConsumerAssignment(readAssignment) : undefined,
				};
			});
			const readDescribedGroups = {group, error, state, epoch: undefined, members, operations: reader.int32()};
			reader.tags();
			return readDescribedGroups;
		});
	},
};

/** The assignment of a member by the leader of a classic group (ConsumerProtocolAssignment). Later versions only add at the end. */
function readConsumerAssignment(bytes: Buffer): readonly TopicPartition[] | undefined {
	if (bytes.length === 0) return [];
	const reader = new Reader(bytes, false);
	try {
		reader.int16();
		return reader
			.array(() => ({topic: reader.string(), partitions: reader.array(() => reader.int32())}))
			.flatMap(({topic, partitions}) => partitions.map(partition => ({topic, partition})));
	} catch {
		return undefined;
	}
}

function assignment(reader: Reader): readonly TopicPartition[] {
	const topics = reader.array(() => {
		reader.uuid();
		const topic = reader.string();
		const partitions = reader.array(() => reader.int32());
		reader.tags();
		return partitions.map(partition => ({topic, partition}));
	});
	reader.tags();
	return topics.flat();
}

/** The description of groups of the consumer protocol (KIP-848) and of share groups (KIP-932): the same but for some fields. */
const described = (reader: Reader, readMember: () => DescribedMember): readonly DescribedGroup[] => {
	reader.int32();
	return reader.array(() => {
		const error = reader.int16();
		const message = reader.optionalString();
		const group = reader.string();
		const state = reader.string();
		const epoch = reader.int32();
		reader.int32();
		reader.string();
		const members = reader.array(readMember);
		const one = {group, error, message, state, epoch, members, operations: reader.int32()};
		reader.tags();
		return one;
	});
};

export const describeConsumerGroups: WireRequest<readonly string[], readonly DescribedGroup[]> = {
	name: 'ConsumerGroupDescribe',
	key: 69,
	versions: [0, 1],
	flexibleFrom: 0,
	write: writeGroups,
	read: (reader, version) =>
		described(reader, () => {
			const id = reader.string();
			const instanceId = reader.optionalString();
			reader.optionalString();
			reader.int32();
			const clientId = reader.string();
			const host = reader.string();
			reader.array(() => reader.string());
			reader.optionalString();
			const now = assignment(reader);
			// The target assignment.
			assignment(reader);
			if (version >= 1) reader.int8();
			reader.tags();
			return {id, instanceId, clientId, host, assignment: now};
		}),
};

export const describeShareGroups: WireRequest<readonly string[], readonly DescribedGroup[]> = {
	name: 'ShareGroupDescribe',
	key: 77,
	versions: [1, 1],
	flexibleFrom: 0,
	write: writeGroups,
	read: reader =>
		described(reader, () => {
			const id = reader.string();
			reader.optionalString();
			reader.int32();
			const clientId = reader.string();
			const host = reader.string();
			reader.array(() => reader.string());
			const now = assignment(reader);
			reader.tags();
			return {id, instanceId: undefined, clientId, host, assignment: now};
		}),
};

import type {TopicPartition} from '../../../src/port/kafka.ts';
import {readPartitionsByTopic, writePartitionsByTopic} from './request-offsets.ts';
import type {WireRequest} from './wire.ts';

export type FetchedPartition = TopicPartition & {
	readonly error: number;
	/** The end of the messages that may be read. */
	readonly end: number;
	readonly start: number;
	/** Concatenated record batches. The last one may be truncated. */
	readonly records: Buffer;
};

/** Reads one partition at once, without a group and without a session that the broker would remember. */
export const fetchRequest: WireRequest<
	TopicPartition & {readonly offset: number; readonly bytes: number},
	readonly FetchedPartition[]
> = {
	name: 'Fetch',
	key: 1,
	versions: [10, 12],
	flexibleFrom: 12,
	mayBeSlow: true,
	write(writer, {bytes, ...from}, version) {
		const waitMs = 0;
		const atLeastBytes = 0;
		const everything = 0;
		writer.int32(-1).int32(waitMs).int32(atLeastBytes).int32(bytes).int8(everything);
		const [noSession, full] = [0, -1];
		writer.int32(noSession).int32(full);
		writePartitionsByTopic(writer, [from], () => {
			writer.int32(-1).int64(from.offset);
			if (version >= 12) writer.int32(-1);
			writer.int64(-1).int32(bytes);
		});
		writer.array([], () => {});
		if (version >= 11) writer.string('');
		writer.tags();
	},
	read(reader, version) {
		reader.int32();
		const error = reader.int16();
		reader.int32();
		return readPartitionsByTopic(reader, at => {
			const own = reader.int16();
			const end = reader.int64();
			reader.int64();
			const start = reader.int64();
			reader.array(() => {
				reader.int64();
				reader.int64();
				reader.tags();
			});
			if (version >= 11) reader.int32();
			return {...at, error: error === 0 ? own : error, end, start, records: reader.bytes()};
		});
	},
};

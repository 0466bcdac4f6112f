import type {KafkaMessage, TopicPartition} from '../../../src/port/kafka.ts';
import {decompress} from './decompress.ts';
import {Reader} from './wire.ts';

/*
 * Record batches, as they are stored in the log and sent over the wire (https://kafka.apache.org/documentation/#recordbatch). Batches older
 * than Kafka 0.11 (magic 0 and 1) are converted by brokers before 4.0 and removed in 4.0, so only magic 2 is read.
 */

const compressionBits = 0b111;
const logAppendTime = 0b1000;
const control = 0b100000;

/**
 * Returns the messages from `offset` on, oldest first, and the offset after the last complete batch. A truncated batch at the end and
 * transaction markers are left out.
 */
export function readRecords(
	at: TopicPartition,
	bytes: Buffer,
	offset: number,
	max: number,
): {readonly read: readonly KafkaMessage[]; readonly after: number} {
	const messages: KafkaMessage[] = [];
	let after = offset;
	const reader = new Reader(bytes, false);
	const lengths = 12;
	while (reader.left > lengths && messages.length < max) {
		const base = reader.int64();
		const length = reader.int32();
		if (length > reader.left) break;
		const batch = new Reader(reader.raw(length), false);
		batch.int32();
		const magic = batch.int8();
		if (magic !== 2) continue;
		batch.int32();
		const attributes = batch.int16();
		after = base + batch.int32() + 1;
		const first = batch.int64();
		const newest = batch.int64();
		batch.raw(14);
		const count = batch.int32();
		if ((attributes & control) !== 0) continue;
		const body = batch.raw(batch.left);
		const records = new Reader(decompress(attributes & compressionBits, body), false);
		for (let n = 0; n < count && messages.length < max; n++) {
			const record = new Reader(records.raw(records.signed()), false);
			const message = readRecord(at, record, base, first);
			const stamp = (attributes & logAppendTime) === 0 ? message.timestamp : newest;
			if (message.offset >= offset) messages.push({...message, timestamp: stamp === -1 ? undefined : stamp});
		}
	}
	return {read: messages, after};
}

function readRecord(at: TopicPartition, record: Reader, base: number, first: number) {
	record.int8();
	const timestamp = first + record.signed();
	const offset = base + record.signed();
	const key = sized(record);
	const value = sized(record);
	const headers: {name: string; value: Uint8Array}[] = [];
	for (let left = record.signed(); left > 0; left--) {
		const name = record.raw(record.signed()).toString('utf8');
		headers.push({name, value: sized(record) ?? new Uint8Array()});
	}
	return {topic: at.topic, partition: at.partition, offset, timestamp, key, value, headers};
}

/** A copy: a view would hold the entire response in memory for one key of it. */
function sized(record: Reader): Uint8Array | undefined {
	const length = record.signed();
	return length < 0 ? undefined : Uint8Array.from(record.raw(length));
}

import {gzipSync} from 'node:zlib';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {protocolError} from '../../../adapters/kafka/errors.ts';
import {decompress} from '../../../adapters/kafka/protocol/decompress.ts';
import {decompressLz4} from '../../../adapters/kafka/protocol/lz4.ts';
import {readRecords} from '../../../adapters/kafka/protocol/records.ts';
import {apiVersions, metadataRequest} from '../../../adapters/kafka/protocol/request-cluster.ts';
import {
	describeConsumerGroups,
	describeGroups,
	findCoordinator,
	listGroups,
} from '../../../adapters/kafka/protocol/request-groups.ts';
import {describeShareGroupOffsets, listOffsets, offsetFetch} from '../../../adapters/kafka/protocol/request-offsets.ts';
import {decompressSnappy} from '../../../adapters/kafka/protocol/snappy.ts';
import {Reader, type WireRequest, Writer} from '../../../adapters/kafka/protocol/wire.ts';
import {AdapterError} from '../../../src/errors.ts';

const max = 1_000_000;

/** Asserts that the bytes are read or refused with a message of ours: no TypeError, and no endless loop. */
function readOrRefuse(read: () => unknown): void {
	try {
		read();
	} catch (error) {
		expect(error).toBeInstanceOf(Error);
		expect((error as Error).message).not.toMatch(/undefined|Cannot read prop/);
	}
}

describe('compressed bytes', () => {
	test('snappy is read as its specification describes it', () => {
		const literal = Buffer.from([5, 4 << 2, ...Buffer.from('Kafka')]);
		expect(decompressSnappy(literal, max).toString()).toBe('Kafka');
		// `abab…`: a literal of two, then ten bytes from two back, which overlap what they write.
		const repeated = Buffer.from([12, 1 << 2, 0x61, 0x62, ((10 - 4) << 2) | 1, 2]);
		expect(decompressSnappy(repeated, max).toString()).toBe('abababababab');
	});

	test('an LZ4 frame is read as its specification describes it', () => {
		const block = Buffer.from([0x26, 0x61, 0x62, 2, 0, 0x10, 0x21]);
		const frame = Buffer.concat([
			Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0]),
			Buffer.from([block.length, 0, 0, 0]),
			block,
			Buffer.alloc(4),
		]);
		expect(decompressLz4(frame, max).toString()).toBe('abababababab!');
	});

	test.each([
		['snappy that points before its start', 2, Buffer.from([12, 1 << 2, 0x61, 0x62, ((10 - 4) << 2) | 1, 9])],
		['snappy that claims four gigabytes', 2, Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0])],
		['snappy without an end to its length', 2, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
		['an LZ4 frame of another kind', 3, Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])],
		['an LZ4 frame that is cut off', 3, Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, 99, 0, 0, 0, 1])],
		['gzip that grows beyond all bounds', 1, gzipSync(Buffer.alloc(80 * 1024 * 1024))],
		['zstd that is none', 4, Buffer.from('not zstd')],
	])('%s is refused', (_, codec, bytes) => {
		expect(() => decompress(codec, bytes)).toThrow(AdapterError);
	});

	test('of an unknown method are refused', () => {
		expect(() => decompress(6, Buffer.alloc(4))).toThrow(/method 6/);
	});

	test.each([
		['snappy', (bytes: Buffer) => decompressSnappy(bytes, max)],
		[
			'lz4',
			(bytes: Buffer) =>
				decompressLz4(Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0]), bytes]), max),
		],
	])('any bytes of %s are read or refused', (_, read) => {
		fc.assert(fc.property(fc.uint8Array({maxLength: 200}), bytes => readOrRefuse(() => read(Buffer.from(bytes)))));
	});
});

describe('responses', () => {
	test.each([0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1])('a length of %d is read as it was written', value => {
		const bytes = new Writer(true).unsigned(value).written;
		expect(new Reader(bytes, true).unsigned()).toBe(value);
	});

	test('numbers beyond the safe integers are refused, not rounded', () => {
		const bytes = Buffer.alloc(8);
		bytes.writeBigInt64BE(2n ** 60n);
		expect(() => new Reader(bytes, false).int64()).toThrow(/2\^53/);
		bytes.writeBigInt64BE(-1n);
		expect(new Reader(bytes, false).int64()).toBe(-1);
	});

	test('a list that claims more items than there are bytes is refused', () => {
		const bytes = Buffer.alloc(8);
		bytes.writeInt32BE(2 ** 30);
		expect(() => new Reader(bytes, false).array(() => 1)).toThrow(AdapterError);
	});

	const requests: readonly WireRequest<never, unknown>[] = [
		...[apiVersions, metadataRequest, listGroups, findCoordinator, describeGroups],
		...[describeConsumerGroups, offsetFetch, describeShareGroupOffsets, listOffsets],
	];
	test.each(requests.map(request => [request.name, request] as const))(
		'any bytes as response to %s are read or refused',
		(_, request) => {
			const [lowest, highest] = request.versions;
			fc.assert(
				fc.property(fc.uint8Array({maxLength: 300}), fc.integer({min: lowest, max: highest}), (bytes, version) => {
					const reader = new Reader(Buffer.from(bytes), version >= request.flexibleFrom);
					readOrRefuse(() => request.read(reader, version));
				}),
			);
		},
	);

	test('any bytes of a record batch are read or refused', () => {
		fc.assert(
			fc.property(fc.uint8Array({maxLength: 300}), bytes => {
				const batch = Buffer.concat([
					Buffer.alloc(8),
					Buffer.from([0, 0, 0, bytes.length]),
					Buffer.alloc(4),
					Buffer.from([2]),
					Buffer.from(bytes),
				]);
				readOrRefuse(() => readRecords({topic: 't', partition: 0}, batch, 0, 100));
			}),
		);
	});
});

describe('refusals', () => {
	const context = {
		endpoint: 'k1:9092',
		principal: "User:o'brien",
		request: 'OffsetCommit',
		tls: false,
		hasLogin: true,
		isAdvertisedAddress: false,
		hasClientCertificate: false,
	};

	test('the command that grants is accepted by a shell', () => {
		expect(protocolError(30, {...context, group: 'my group'}).hint).toBe(
			"An administrator grants it with: kafka-acls.sh --bootstrap-server k1:9092 --add --allow-principal 'User:o'\\''brien' --operation Read --group 'my group'",
		);
	});

	test('the refusal of a live group is a conflict, and an unknown code is reported by its number', () => {
		for (const code of [22, 25, 27, 68, 82, 86, 110, 113]) {
			expect(protocolError(code, {...context, group: 'g'})).toMatchObject({kind: 'conflict', harmless: true});
		}
		expect(protocolError(999, context).message).toBe('OffsetCommit: error 999');
	});
});

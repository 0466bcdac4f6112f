import {AdapterError} from '../../../src/errors.ts';

/*
 * The primitives of the Kafka protocol (https://kafka.apache.org/protocol, "Protocol Primitive Types"). Newer versions of a message are
 * `flexible`: lengths are unsigned varints of the length plus one, and every structure ends with tagged fields. The same call writes or
 * reads either form, so that one description of a message serves several of its versions.
 */

const malformed = (what: string): AdapterError =>
	new AdapterError(
		'malformed',
		`a broker's answer cannot be read: ${what}`,
		'Check the version of the broker, and any proxy or other product before it.',
	);

export class Writer {
	#buffer = Buffer.alloc(256);
	#length = 0;
	readonly flexible: boolean;

	constructor(flexible: boolean) {
		this.flexible = flexible;
	}

	#reserve(bytes: number): number {
		const at = this.#length;
		this.#length += bytes;
		if (this.#length > this.#buffer.length) {
			const larger = Buffer.alloc(Math.max(this.#length, this.#buffer.length * 2));
			this.#buffer.copy(larger, 0, 0, at);
			this.#buffer = larger;
		}
		return at;
	}

	int8(value: number): this {
		const at = this.#reserve(1);
		this.#buffer.writeInt8(value, at);
		return this;
	}

	int16(value: number): this {
		const at = this.#reserve(2);
		this.#buffer.writeInt16BE(value, at);
		return this;
	}

	int32(value: number): this {
		const at = this.#reserve(4);
		this.#buffer.writeInt32BE(value, at);
		return this;
	}

	int64(value: number): this {
		const at = this.#reserve(8);
		this.#buffer.writeBigInt64BE(BigInt(value), at);
		return this;
	}

	boolean(value: boolean): this {
		return this.int8(value ? 1 : 0);
	}

	unsigned(value: number): this {
		let rest = value;
		while (rest > 0x7f) {
			this.int8((((rest & 0x7f) | 0x80) << 24) >> 24);
			rest >>>= 7;
		}
		return this.int8(rest);
	}

	raw(bytes: Uint8Array): this {
		const at = this.#reserve(bytes.length);
		this.#buffer.set(bytes, at);
		return this;
	}

	string(text: string | null): this {
		const bytes = text === null ? undefined : Buffer.from(text, 'utf8');
		if (this.flexible) this.unsigned(bytes === undefined ? 0 : bytes.length + 1);
		else this.int16(bytes === undefined ? -1 : bytes.length);
		return bytes === undefined ? this : this.raw(bytes);
	}

	bytes(bytes: Uint8Array): this {
		if (this.flexible) this.unsigned(bytes.length + 1);
		else this.int32(bytes.length);
		return this.raw(bytes);
	}

	/** `null` is not an empty list: it means all, where a message says so. */
	array<T>(items: readonly T[] | null, write: (item: T) => void): this {
		if (this.flexible) this.unsigned(items === null ? 0 : items.length + 1);
		else this.int32(items === null ? -1 : items.length);
		for (const item of items ?? []) write(item);
		return this;
	}

	/** The end of a structure. */
	tags(): this {
		return this.flexible ? this.unsigned(0) : this;
	}

	get written(): Buffer {
		return this.#buffer.subarray(0, this.#length);
	}
}

/** Reads the values of a response, one after the other. Its methods throw AdapterError `malformed` when the bytes end too early, or hold a number beyond the safe integers. */
export class Reader {
	readonly #buffer: Buffer;
	readonly flexible: boolean;
	position = 0;

	constructor(buffer: Buffer, flexible: boolean) {
		this.#buffer = buffer;
		this.flexible = flexible;
	}

	get left(): number {
		return this.#buffer.length - this.position;
	}

	#take(bytes: number): number {
		const at = this.position;
		if (bytes < 0 || bytes > this.left) throw malformed('it ends too early');
		this.position += bytes;
		return at;
	}

	int8(): number {
		return this.#buffer.readInt8(this.#take(1));
	}

	int16(): number {
		return this.#buffer.readInt16BE(this.#take(2));
	}

	int32(): number {
		return this.#buffer.readInt32BE(this.#take(4));
	}

	int64(): number {
		const at = this.#take(8);
		const value = this.#buffer.readInt32BE(at) * 0x1_0000_0000 + this.#buffer.readUInt32BE(at + 4);
		if (!Number.isSafeInteger(value)) throw malformed('it holds a number beyond 2^53');
		return value;
	}

	boolean(): boolean {
		return this.int8() !== 0;
	}

	/** An unsigned varint. */
	unsigned(): number {
		let value = 0;
		for (let factor = 1; ; factor *= 128) {
			const byte = this.#buffer.readUInt8(this.#take(1));
			value += (byte & 0x7f) * factor;
			if (byte < 0x80) break;
			if (factor > 2 ** 56) throw malformed('a varint has no end');
		}
		if (!Number.isSafeInteger(value)) throw malformed('it holds a number beyond 2^53');
		return value;
	}

	/** A zigzag varint, as in records. */
	signed(): number {
		const value = this.unsigned();
		return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
	}

	raw(bytes: number): Buffer {
		const at = this.#take(bytes);
		return this.#buffer.subarray(at, at + bytes);
	}

	uuid(): string {
		return this.raw(16).toString('base64url');
	}

	optionalString(): string | undefined {
		const length = this.flexible ? this.unsigned() - 1 : this.int16();
		if (length < 0) return undefined;
		const at = this.#take(length);
		return length === 0 ? '' : this.#buffer.toString('utf8', at, at + length);
	}

	string(): string {
		return this.optionalString() ?? '';
	}

	bytes(): Buffer {
		const length = this.flexible ? this.unsigned() - 1 : this.int32();
		return this.raw(Math.max(length, 0));
	}

	array<T>(read: () => T): readonly T[] {
		const length = this.flexible ? this.unsigned() - 1 : this.int32();
		// Each item takes a byte at least: a longer length is malformed, and must not be allocated.
		if (length > this.left) throw malformed('a list is longer than the answer');
		const items: T[] = [];
		for (let at = 0; at < length; at++) items.push(read());
		return items;
	}

	tags(): void {
		if (!this.flexible) return;
		for (let count = this.unsigned(); count > 0; count--) {
			this.unsigned();
			this.raw(this.unsigned());
		}
	}
}

/** One kind of request, with the range of versions that we support. The highest that the broker supports too is used. */
export type WireRequest<Input, Answer> = {
	/** The protocol's own name. */
	readonly name: string;
	readonly key: number;
	readonly versions: readonly [lowest: number, highest: number];
	readonly flexibleFrom: number;
	/** The broker may have to wait for something else: it gets a connection of its own, since answers come in order. */
	readonly mayBeSlow?: true;
	write(writer: Writer, input: Input, version: number): void;
	read(reader: Reader, version: number): Answer;
};

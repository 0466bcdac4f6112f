import type {WireRequest} from './wire.ts';

/*
 * Shapes of the messages as of Apache Kafka 4.3, clients/src/main/resources/common/message/*.json. The lowest versions are those of Kafka
 * 2.4, the first with every field that is read here in a form that 4.x still accepts.
 */

export type ApiVersion = {readonly key: number; readonly lowest: number; readonly highest: number};

/** Every broker answers version 0, also before a login. */
export const apiVersions: WireRequest<undefined, {readonly error: number; readonly versions: readonly ApiVersion[]}> = {
	name: 'ApiVersions',
	key: 18,
	versions: [0, 0],
	flexibleFrom: 3,
	write() {},
	read: reader => ({
		error: reader.int16(),
		versions: reader.array(() => ({key: reader.int16(), lowest: reader.int16(), highest: reader.int16()})),
	}),
};

export const saslHandshake: WireRequest<string, {readonly error: number; readonly mechanisms: readonly string[]}> = {
	name: 'SaslHandshake',
	key: 17,
	versions: [1, 1],
	flexibleFrom: Number.POSITIVE_INFINITY,
	write: (writer, mechanism) => void writer.string(mechanism),
	read: reader => ({error: reader.int16(), mechanisms: reader.array(() => reader.string())}),
};

export type SaslResponse = {
	readonly error: number;
	readonly message: string | undefined;
	readonly bytes: Buffer;
	/** Milliseconds until the broker wants a new login; 0 for never. */
	readonly lifetime: number;
};

export const saslAuthenticate: WireRequest<Uint8Array, SaslResponse> = {
	name: 'SaslAuthenticate',
	key: 36,
	versions: [0, 1],
	flexibleFrom: 2,
	write: (writer, bytes) => void writer.bytes(bytes),
	read: (reader, version) => ({
		error: reader.int16(),
		message: reader.optionalString(),
		bytes: reader.bytes(),
		lifetime: version >= 1 ? reader.int64() : 0,
	}),
};

export type MetadataResponse = {
	readonly brokers: readonly {
		readonly id: number;
		readonly host: string;
		readonly port: number;
		readonly rack: string | undefined;
	}[];
	readonly cluster: string;
	readonly controller: number;
	readonly topics: readonly {
		readonly error: number;
		readonly name: string;
		readonly id: string | undefined;
		readonly internal: boolean;
		/** The operations that we may do on it, one bit each, when they were requested. */
		readonly operations: number;
		readonly partitions: readonly {
			readonly error: number;
			readonly partition: number;
			readonly leader: number;
			readonly replicas: readonly number[];
			readonly inSync: readonly number[];
			readonly offline: readonly number[];
		}[];
	}[];
};

/** The request never creates a topic that does not exist. */
export const metadataRequest: WireRequest<
	{readonly topics: readonly string[] | null; readonly operations?: boolean},
	MetadataResponse
> = {
	name: 'Metadata',
	key: 3,
	versions: [8, 12],
	flexibleFrom: 9,
	write(writer, {topics, operations = false}, version) {
		writer.array(topics, topic => {
			if (version >= 10) writer.raw(Buffer.alloc(16));
			writer.string(topic).tags();
		});
		writer.boolean(false);
		if (version <= 10) writer.boolean(false);
		writer.boolean(operations).tags();
	},
	read(reader, version) {
		reader.int32();
		const brokers = reader.array(() => {
			const broker = {id: reader.int32(), host: reader.string(), port: reader.int32(), rack: reader.optionalString()};
			reader.tags();
			return broker;
		});
		const cluster = reader.string();
		const controller = reader.int32();
		const topics = reader.array(() => {
			const error = reader.int16();
			const name = reader.string();
			const id = version >= 10 ? reader.uuid() : undefined;
			const internal = reader.boolean();
			const partitions = reader.array(() => {
				const head = {error: reader.int16(), partition: reader.int32(), leader: reader.int32()};
				reader.int32();
				const replicas = reader.array(() => reader.int32());
				const inSync = reader.array(() => reader.int32());
				const offline = reader.array(() => reader.int32());
				reader.tags();
				return {...head, replicas, inSync, offline};
			});
			const operations = reader.int32();
			reader.tags();
			return {error, name, id, internal, operations, partitions};
		});
		return {brokers, cluster, controller, topics};
	},
};

/** The operations that we may do on the cluster itself. */
export const describeCluster: WireRequest<undefined, {readonly error: number; readonly operations: number}> = {
	name: 'DescribeCluster',
	key: 60,
	versions: [0, 0],
	flexibleFrom: 0,
	write: writer => void writer.boolean(true).tags(),
	read(reader) {
		reader.int32();
		const error = reader.int16();
		reader.optionalString();
		reader.string();
		reader.int32();
		reader.array(() => {
			reader.int32();
			reader.string();
			reader.int32();
			reader.optionalString();
			reader.tags();
		});
		return {error, operations: reader.int32()};
	},
};

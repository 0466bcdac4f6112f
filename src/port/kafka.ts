import type {Context} from '../contract/context.ts';
import type {Permission} from '../contract/system.ts';
import type {Secret} from '../contract/target.ts';
import type {TlsSettings} from './tls.ts';

/*
 * What midwatch needs from a Kafka cluster: named reads and writes, never objects of a client library. A read of several items returns the
 * failure of each as a value, so that one group that cannot be read does not hide the others.
 *
 * Offsets are numbers: a partition that takes in a million messages a second reaches 2^53 after 285 years. An adapter that receives a greater
 * one throws `malformed`.
 */

export type KafkaSasl =
	| {
			readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
			readonly username: string;
			readonly password: Secret;
	  }
	/** The token contains the user. */
	| {readonly mechanism: 'oauthbearer'; readonly token: Secret};

/** What configuration gives for one target of kind `kafka`. */
export type KafkaSettings = {
	/** Bootstrap brokers, tried in order. The cluster then returns the addresses of its brokers. */
	readonly brokers: readonly {readonly host: string; readonly port: number}[];
	/** Present, even when empty: the connections use TLS. */
	readonly tls?: TlsSettings | undefined;
	readonly sasl?: KafkaSasl | undefined;
	/** A regular expression: only groups it matches are watched; all when absent. */
	readonly groups?: string | undefined;
	/** Milliseconds for one connection, and for one request. */
	readonly connectTimeoutMs: number;
	readonly requestTimeoutMs: number;
};

export type KafkaBroker = {readonly id: number; readonly host: string; readonly port: number; readonly rack?: string};

export type KafkaCluster = {
	readonly id: string;
	/** Derived from the request versions that the brokers support: `4.1 or newer`. */
	readonly version: string;
	/** The brokers that are alive. */
	readonly brokers: readonly KafkaBroker[];
	readonly controller: number | undefined;
};

/** `unknown`: the brokers report no type, or one that midwatch does not know. */
export type KafkaGroupType = 'classic' | 'consumer' | 'share' | 'streams' | 'unknown';

/** A group as the list of groups names it, which is cheap to read. `state` is undefined where the version of the broker does not list it. */
export type KafkaGroupName = {
	readonly group: string;
	readonly type: KafkaGroupType;
	/** `consumer`, `connect`, `share`, …; empty for a group that only commits. */
	readonly protocolType: string;
	readonly state: string | undefined;
};

/** What a reset of offsets is about. */
export type ResetScope = {readonly group: string; readonly type: KafkaGroupType; readonly topic: string};

export type TopicPartition = {readonly topic: string; readonly partition: number};

export type KafkaMember = {
	readonly id: string;
	readonly clientId: string;
	readonly host: string;
	readonly instanceId?: string | undefined;
	/** Undefined when it is not known: the group rebalances, or its protocol is not supported. */
	readonly assignment: readonly TopicPartition[] | undefined;
};

export type KafkaGroup = {
	readonly group: string;
	readonly type: KafkaGroupType;
	/** Stable, Empty, PreparingRebalance, CompletingRebalance, Assigning, Reconciling, Dead: as the broker says it. */
	readonly state: string;
	/** Grows with each rebalance; undefined where the broker does not report it. */
	readonly epoch: number | undefined;
	/** The broker that coordinates it. */
	readonly coordinator: number | undefined;
	readonly members: readonly KafkaMember[];
};

export type CommittedOffset = TopicPartition & {
	/** The next message that the group will read. */
	readonly offset: number;
	/** Metadata that the group committed with it; an undo restores it. */
	readonly metadata: string;
	readonly leaderEpoch?: number | undefined;
};

export type KafkaPartition = TopicPartition & {
	/** Undefined: the partition is offline, without a leader. */
	readonly leader: number | undefined;
	/** The preferred leader first. */
	readonly replicas: readonly number[];
	readonly inSync: readonly number[];
	readonly offline: readonly number[];
};

export type KafkaTopic = {
	readonly topic: string;
	/** Changes when a topic is deleted and created again; undefined where the version of the broker does not report it. */
	readonly id: string | undefined;
	readonly internal: boolean;
	readonly partitions: readonly KafkaPartition[];
};

/** `earliest`: the log's start. `latest`: its end. A time: the first message at or after it, the end when there is none. */
export type OffsetSpec = 'earliest' | 'latest' | {readonly atOrAfter: number};

/** The items that could be read, and those that failed with the message of the broker and what to do. */
export type PartialResult<Key, Value> = {
	readonly read: readonly Value[];
	readonly failed: readonly {readonly of: Key; readonly problem: string; readonly hint?: string}[];
};

export type PartitionOffset = TopicPartition & {readonly offset: number};

export type KafkaMessage = TopicPartition & {
	readonly offset: number;
	/** Epoch milliseconds; undefined when the record has none. */
	readonly timestamp: number | undefined;
	readonly key: Uint8Array | undefined;
	/** Undefined: a tombstone. */
	readonly value: Uint8Array | undefined;
	/** The headers in the order of the record; a name may occur twice. */
	readonly headers: readonly {readonly name: string; readonly value: Uint8Array}[];
};

/** What a group's offsets become, and what they must still be. */
export type OffsetChange = {
	readonly group: string;
	readonly offsets: readonly (TopicPartition & {readonly offset: number; readonly metadata: string})[];
};

/** For an act: `record` is the id of its audit record, and becomes part of the client id. */
export type KafkaWriteContext = Context & {readonly record: string};

export type KafkaPort = {
	cluster(context: Context): Promise<KafkaCluster>;
	/** All groups of all brokers. `failed` names brokers that did not answer: their groups are missing here, not deleted. */
	groups(context: Context): Promise<PartialResult<number, KafkaGroupName>>;
	/** Reads only: joins nothing. A group whose type this cluster's version cannot describe is in `failed`, never Dead. */
	describe(groups: readonly KafkaGroupName[], context: Context): Promise<PartialResult<string, KafkaGroup>>;
	/**
	 * Every offset that each group has committed, of topics it reads no more as well. Of a share group (listed as one before): its start
	 * offset, which Kafka 4.1 and newer report.
	 */
	committed(
		groups: readonly string[],
		context: Context,
	): Promise<PartialResult<string, {readonly group: string; readonly offsets: readonly CommittedOffset[]}>>;
	/** All topics when `names` is absent. */
	topics(names: readonly string[] | undefined, context: Context): Promise<PartialResult<string, KafkaTopic>>;
	/** One request for each leader, whatever the number of partitions. */
	offsets(
		partitions: readonly TopicPartition[],
		spec: OffsetSpec,
		context: Context,
	): Promise<PartialResult<TopicPartition, PartitionOffset>>;
	/** Messages from an offset on, oldest first, without a group: nothing is left behind. May return fewer, or none at the end. */
	peek(
		from: TopicPartition & {readonly offset: number},
		limit: {readonly messages: number; readonly bytes: number},
		context: Context,
	): Promise<readonly KafkaMessage[]>;
	/**
	 * Returns what this principal may do, as far as the brokers report it without executing anything. With `about`: for this group and topic,
	 * queried from their coordinator and from one broker only.
	 */
	permissions(context: Context, about?: ResetScope): Promise<readonly Permission[]>;
	/**
	 * Commits offsets for a group without joining it, once. The brokers refuse it for a group that has members.
	 * @throws AdapterError `conflict` when the group has members (nothing was committed); `denied` when not allowed, or on a connection that
	 * was opened read-only. An error of some partitions only is thrown as it is: then the outcome is unknown until it is read back.
	 */
	commitOffsets(change: OffsetChange, context: KafkaWriteContext): Promise<void>;
	/**
	 * Takes away a group's offsets of these partitions: the only exact way back for partitions that had none.
	 * @throws AdapterError as commitOffsets.
	 */
	deleteOffsets(
		change: {readonly group: string; readonly partitions: readonly TopicPartition[]},
		context: KafkaWriteContext,
	): Promise<void>;
};

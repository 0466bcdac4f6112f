import type {Consumer} from 'kafkajs';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {kafkaClient} from '../../estate/kafka/kafka.ts';

/** A live member of a classic group that reads nothing and commits the offsets that a test passes. */
export type ScriptedMember = {
	readonly memberId: () => string;
	readonly generation: () => number;
	/** How many heartbeats the coordinator has answered. */
	readonly heartbeats: () => number;
	/** How often it was assigned partitions. */
	readonly joined: () => number;
	commit(offsets: readonly {readonly partition: number; readonly offset: number}[]): Promise<void>;
	leave(): Promise<void>;
};

export async function joinScriptedMember(server: KafkaServer, group: string, topic: string): Promise<ScriptedMember> {
	const consumer: Consumer = kafkaClient(server, undefined, 10).consumer({
		groupId: group,
		sessionTimeout: 30_000,
		heartbeatInterval: 500,
		maxWaitTimeInMs: 200,
	});
	let joined = 0;
	let heartbeats = 0;
	let memberId = '';
	let generation = -1;
	const first = new Promise<void>(resolve => {
		consumer.on(consumer.events.GROUP_JOIN, ({payload}) => {
			joined += 1;
			memberId = payload.memberId;
			resolve();
		});
	});
	consumer.on(consumer.events.HEARTBEAT, ({payload}) => {
		heartbeats += 1;
		generation = payload.groupGenerationId;
	});
	await consumer.connect();
	await consumer.subscribe({topics: [topic], fromBeginning: true});
	await consumer.run({autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {}});
	consumer.pause([{topic}]);
	await first;
	return {
		memberId: () => memberId,
		generation: () => generation,
		heartbeats: () => heartbeats,
		joined: () => joined,
		commit: offsets =>
			consumer.commitOffsets(
				offsets.map(({partition, offset}) => ({topic, partition, offset: String(offset), metadata: 'manual'})),
			),
		leave: () => consumer.disconnect(),
	};
}

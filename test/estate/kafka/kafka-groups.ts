import {setTimeout as pause} from 'node:timers/promises';
import type {KafkaServer} from '../estate-record.ts';
import {kafkaClient} from './kafka.ts';
import {classicMember, javaMember, makeTopic, produce, stoppedGroup} from './kafka-load.ts';

type StopGroups = () => Promise<void>;

const topic = 'orders';
const letters = 'orders.dlq';

/** Repeats the work until it is stopped. Failed work is tried again, because brokers may be down meanwhile. */
function over(everyMs: number, work: (turn: number) => Promise<void>): StopGroups {
	let isOver = false;
	const loop = (async () => {
		for (let turn = 0; !isOver; turn++) {
			await work(turn).catch(() => undefined);
			await pause(everyMs);
		}
	})();
	return async () => {
		isOver = true;
		await loop;
	};
}

/** A producer of twenty orders a second, and one in sixty that ends among the dead letters. */
const producing = (server: KafkaServer): StopGroups =>
	over(500, async turn => {
		const orders = Array.from({length: 10}, (_, at) => ({
			key: `customer-${at}`,
			value: `{"order": ${turn * 10 + at}}`,
		}));
		await produce(server, topic, orders);
		if (turn % 6 === 0) await produce(server, letters, [{value: '{"order": "?"}', headers: {reason: 'no such order'}}]);
	});

/** Reads two messages a second of twenty. */
async function lagging(server: KafkaServer): Promise<StopGroups> {
	const consumer = kafkaClient(server, undefined, 10).consumer({groupId: 'reports', maxWaitTimeInMs: 200});
	await consumer.connect();
	await consumer.subscribe({topics: [topic]});
	await consumer.run({autoCommitThreshold: 1, eachMessage: () => pause(500)});
	return () => consumer.disconnect();
}

/** A second member joins and leaves, and each time all partitions are reassigned. */
async function rebalancing(server: KafkaServer): Promise<StopGroups> {
	const group = {group: 'unsteady', topics: [topic]};
	const first = await classicMember(server, group);
	const guests = over(1000, async () => {
		const joiningMember = await classicMember(server, group);
		await pause(1000);
		await joiningMember.stop();
	});
	return async () => {
		await guests();
		await first.stop();
	};
}

const groups: Readonly<Record<string, (server: KafkaServer) => Promise<StopGroups>>> = {
	reading: async server => (await classicMember(server, {group: 'checkout', topics: [topic]})).stop,
	stopped: async server => {
		await stoppedGroup(server, 'billing', topic, [{partition: 0, offset: 0}]);
		return async () => {};
	},
	lagging,
	stalled: async server => (await classicMember(server, {group: 'stuck', topics: [topic], reads: false})).stop,
	rebalancing,
	consumer: async server => javaMember(server, {group: 'search', topic, protocol: 'consumer'}).stop,
	share: async server => javaMember(server, {group: 'workers', topic, protocol: 'share'}).stop,
};

/**
 * Brings groups of every kind into their state on one Kafka, on a topic that grows, and keeps them there until the returned function is
 * called. Share groups and the consumer protocol need a broker of 4.x.
 */
export async function runKafkaGroups(server: KafkaServer): Promise<StopGroups> {
	await makeTopic(server, topic, 3);
	await makeTopic(server, letters);
	const stops = [producing(server)];
	for (const [name, start] of Object.entries(groups)) {
		if (server.version.startsWith('3.') && (name === 'consumer' || name === 'share')) continue;
		stops.push(await start(server));
	}
	return async () => void (await Promise.all(stops.map(stop => stop())));
}

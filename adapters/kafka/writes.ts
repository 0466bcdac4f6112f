import {AdapterError, readBeforeSending} from '../../src/errors.ts';
import type {KafkaWriteContext, OffsetChange, TopicPartition} from '../../src/port/kafka.ts';
import {isStaleMetadataCode, protocolError} from './errors.ts';
import type {BrokerPool} from './protocol/cluster.ts';
import type {BrokerConnection} from './protocol/connection.ts';
import {offsetCommit, offsetDelete, type PartitionError} from './protocol/request-offsets.ts';

/*
 * Writes of offsets. Each is sent once, on a dedicated connection whose client id names the audit record, and without joining the group: its
 * coordinator refuses them while the group has members, so a reset that was confirmed for a stopped group cannot change a running one.
 */

async function connectToCoordinator(
	cluster: BrokerPool,
	group: string,
	context: KafkaWriteContext,
): Promise<{readonly connection: BrokerConnection; readonly broker: number}> {
	cluster.forgetCoordinators([group]);
	const broker = (await cluster.coordinators([group], context)).get(group);
	if (broker === undefined) throw new AdapterError('unreachable', `no broker coordinates group ${group}`, 'Try again.');
	if (broker instanceof AdapterError) throw broker;
	return {broker, connection: await cluster.openDedicated(broker, `midwatch-${context.record}`, context)};
}

async function sendToCoordinator(
	cluster: BrokerPool,
	group: string,
	context: KafkaWriteContext,
	work: (connection: BrokerConnection, broker: number) => Promise<void>,
): Promise<void> {
	const {connection, broker} = await readBeforeSending(connectToCoordinator(cluster, group, context));
	try {
		await work(connection, broker);
	} finally {
		connection.close();
	}
}

/** Checks the errors of a response. @throws AdapterError harmless when every partition was refused with the same error; otherwise the outcome is partial. */
function assertNoErrors(
	cluster: BrokerPool,
	broker: number,
	request: string,
	group: string,
	answers: readonly PartitionError[],
): void {
	const refused = answers.filter(one => one.error !== 0);
	const [first] = refused;
	if (first === undefined) return;
	const problem = protocolError(first.error, cluster.requestContext(broker, request, {group, topic: first.topic}));
	if (refused.length === answers.length && (problem.harmless || isStaleMetadataCode(first.error))) {
		if (refused.every(one => one.error === first.error)) throw problem;
	}
	const where = refused.map(({topic, partition}) => `${topic}/${partition}`).join(', ');
	throw new AdapterError(
		'unreachable',
		`${refused.length} of ${answers.length} partitions were refused (${where}): ${problem.message}`,
		'The others were done. Read the offsets of the group before anything else.',
	);
}

export function commitOffsets(cluster: BrokerPool, change: OffsetChange, context: KafkaWriteContext): Promise<void> {
	const {group, offsets} = change;
	return sendToCoordinator(cluster, group, context, async (connection, broker) => {
		const answers = await connection.send(offsetCommit, {group, offsets}, context);
		assertNoErrors(cluster, broker, offsetCommit.name, group, answers);
	});
}

export function deleteOffsets(
	cluster: BrokerPool,
	change: {readonly group: string; readonly partitions: readonly TopicPartition[]},
	context: KafkaWriteContext,
): Promise<void> {
	const {group} = change;
	return sendToCoordinator(cluster, group, context, async (connection, broker) => {
		const {error, partitions} = await connection.send(offsetDelete, change, context);
		if (error !== 0) throw protocolError(error, cluster.requestContext(broker, offsetDelete.name, {group}));
		assertNoErrors(cluster, broker, offsetDelete.name, group, partitions);
	});
}

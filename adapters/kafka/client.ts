import type {Context} from '../../src/contract/context.ts';
import {readOnlyRefusal} from '../../src/errors.ts';
import type {KafkaPort, KafkaSettings} from '../../src/port/kafka.ts';
import {describeGroupsOfAnyType, readCommitted, readGroups} from './groups/read-groups.ts';
import {readMessages} from './messages/read-messages.ts';
import {readKafkaPermissions} from './permissions.ts';
import {createBrokerPool} from './protocol/cluster.ts';
import {readCluster, readOffsets, readTopics} from './topics/read-topics.ts';
import {commitOffsets, deleteOffsets} from './writes.ts';

export type KafkaClient = {
	readonly port: KafkaPort;
	/** The name of our user in ACLs; see `Principal`. */
	readonly principal: string;
	/** Sends the cheapest request to one broker. */
	ping(context: Context): Promise<void>;
	close(): void;
};

/** The port on real brokers. Nothing is connected before the first read. */
export function createKafkaClient(settings: KafkaSettings, options: {readonly readOnly: boolean}): KafkaClient {
	const cluster = createBrokerPool(settings);
	/** The listed groups that are share groups: they have a start offset instead of commits. */
	const share = new Set<string>();

	const groups = async (context: Context) => {
		const listed = await readGroups(cluster, context);
		for (const {group, type} of listed.read) {
			if (type === 'share') share.add(group);
			else share.delete(group);
		}
		return listed;
	};

	const port: KafkaPort = {
		cluster: context => readCluster(cluster, context),
		groups,
		describe: (names, context) => describeGroupsOfAnyType(cluster, names, context),
		committed: (names, context) => readCommitted(cluster, names, share, context),
		topics: (names, context) => readTopics(cluster, names, context),
		offsets: (partitions, spec, context) => readOffsets(cluster, partitions, spec, context),
		peek: (from, limit, context) => readMessages(cluster, from, limit, context),
		async permissions(context, about) {
			if (about !== undefined)
				return readKafkaPermissions(
					cluster,
					settings,
					{groups: [about], topics: [about.topic], resetScope: about},
					context,
				);
			return readKafkaPermissions(cluster, settings, {groups: (await groups(context)).read, topics: null}, context);
		},
		async commitOffsets(change, context) {
			if (options.readOnly) throw readOnlyRefusal();
			await commitOffsets(cluster, change, context);
		},
		async deleteOffsets(change, context) {
			if (options.readOnly) throw readOnlyRefusal();
			await deleteOffsets(cluster, change, context);
		},
	};
	return {
		port,
		get principal() {
			return cluster.principal.name();
		},
		ping: async context => void (await cluster.readMetadata([], context)),
		close: cluster.close,
	};
}

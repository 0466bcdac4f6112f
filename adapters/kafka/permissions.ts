import type {Context} from '../../src/contract/context.ts';
import type {Permission} from '../../src/contract/system.ts';
import type {KafkaGroupName, KafkaSettings, ResetScope} from '../../src/port/kafka.ts';
import {type AclResource, aclGrantCommand} from './errors.ts';
import {requestFromCoordinators} from './groups/coordinator-requests.ts';
import {describeClusterPermission} from './groups/group-list.ts';
import type {BrokerPool} from './protocol/cluster.ts';
import {describeCluster} from './protocol/request-cluster.ts';
import {describeConsumerGroups, describeGroups} from './protocol/request-groups.ts';

/** The bits of allowed operations in responses (org.apache.kafka.common.acl.AclOperation). */
const operations = {Read: 3, Delete: 6, Describe: 8} as const;

type Need = {
	readonly needs: string;
	readonly operation: keyof typeof operations;
	readonly resource: AclResource;
};

const needs: readonly Need[] = [
	{needs: 'groups of all brokers', operation: 'Describe', resource: 'cluster'},
	{needs: 'members and offsets of groups', operation: 'Describe', resource: 'group'},
	{needs: 'topics and their ends', operation: 'Describe', resource: 'topic'},
	{needs: 'messages of topics', operation: 'Read', resource: 'topic'},
	{needs: 'kafka.reset-offsets', operation: 'Read', resource: 'group'},
	{needs: 'kafka.reset-offsets', operation: 'Read', resource: 'topic'},
	{needs: 'kafka.reset-offsets (undo of a first commit)', operation: 'Delete', resource: 'group'},
];

const nameOf = ({operation, resource}: Need): string =>
	resource === 'cluster' ? describeClusterPermission : `${operation} on ${resource}s`;

/** All permissions that midwatch needs; the demo has them all. */
export const kafkaRequiredPermissions: readonly Pick<Permission, 'needs' | 'name'>[] = needs.map(need => ({
	needs: need.needs,
	name: nameOf(need),
}));

/** The commands that grant a principal what the panes need (`read`), or what the actions need (`write`). */
export function aclGrantCommandsFor(
	settings: KafkaSettings,
	principal: string,
	purpose: 'read' | 'write',
): readonly string[] {
	const endpoint = endpointOf(settings);
	const granted = needs.filter(({needs: name}) => name.startsWith('kafka.') === (purpose === 'write'));
	return [
		...new Set(granted.map(({operation, resource}) => aclGrantCommand(endpoint, principal, operation, resource, '*'))),
	];
}

const endpointOf = ({brokers}: KafkaSettings): string => brokers.map(({host, port}) => `${host}:${port}`).join(',');

/** The groups whose permissions are read: enough to distinguish a grant for all groups from one for some. */
const maxProbedGroups = 20;

/** The groups and topics to read; all topics when null. `resetScope`: only the needs of an offset reset there, with grants for it alone. */
type PermissionScope = {
	readonly groups: readonly Pick<KafkaGroupName, 'group' | 'type'>[];
	readonly topics: readonly string[] | null;
	readonly resetScope?: ResetScope;
};

/**
 * The permissions of our principal. Brokers report the allowed operations of the cluster and of each topic and group that may be
 * described, and hide or refuse the others. Without any topic or group, the permission is unknown.
 */
export async function readKafkaPermissions(
	cluster: BrokerPool,
	settings: KafkaSettings,
	{groups, topics, resetScope}: PermissionScope,
	context: Context,
): Promise<readonly Permission[]> {
	const allowed: Record<AclResource, number[]> = {cluster: [], group: [], topic: []};
	let refusedGroups = 0;

	const ofCluster = async (): Promise<void> => {
		const {error, operations} = await cluster.requestFromAny(describeCluster, undefined, context);
		if (error === 0) allowed.cluster.push(operations);
	};
	const ofTopics = async (): Promise<void> => {
		for (const {error, internal, operations} of (await cluster.readMetadata(topics, context, true)).topics) {
			if (error === 0 && !internal) allowed.topic.push(operations);
		}
	};
	const ofGroups = async (): Promise<void> => {
		const probed = groups.slice(0, maxProbedGroups);
		for (const [request, types] of [
			[describeGroups, ['classic', 'unknown']],
			[describeConsumerGroups, ['consumer']],
		] as const) {
			const names = probed.filter(({type}) => types.some(candidate => candidate === type)).map(({group}) => group);
			await requestFromCoordinators(cluster, request, names, context, {
				take({error, operations}) {
					if (error === 0) allowed.group.push(operations);
					else refusedGroups += 1;
				},
				fail(_, problem) {
					if (problem.kind === 'denied') refusedGroups += 1;
				},
			});
		}
	};
	await Promise.all([...(resetScope === undefined ? [ofCluster()] : []), ofTopics(), ofGroups()]);

	const endpoint = endpointOf(settings);
	const nameIn = (resource: AclResource) => (resource === 'cluster' ? '*' : (resetScope?.[resource] ?? '*'));
	const relevant = resetScope === undefined ? needs : needs.filter(({needs: name}) => name.startsWith('kafka.'));
	return relevant.map((need): Permission => {
		const {operation, resource} = need;
		const grant = aclGrantCommand(endpoint, cluster.principal.name(), operation, resource, nameIn(resource));
		const permission = {needs: need.needs, name: nameOf(need)};
		const reported = allowed[resource];
		const allowedCount = reported.filter(bits => (bits & (1 << operations[operation])) !== 0).length;
		if (reported.length > 0 && allowedCount === reported.length && !(resource === 'group' && refusedGroups > 0)) {
			return {...permission, state: 'have', grant: ''};
		}
		if (reported.length === 0 && !(resource === 'group' && refusedGroups > 0))
			return {...permission, state: 'unknown', grant};
		return {...permission, state: 'lack', grant};
	});
}

import type {Context} from '../../src/contract/context.ts';
import type {Permission} from '../../src/contract/system.ts';
import type {KafkaGroupName, KafkaSettings, ResetScope} from '../../src/port/kafka.ts';
import {type AclResource, aclGrantCommand} from './errors.ts';
import {requestFromCoordinators} from './groups/coordinator-requests.ts';
import {describeClusterPermission} from './groups/lag.ts';
import {principalOf} from './principal.ts';
import type {BrokerPool} from './protocol/cluster.ts';
import {describeCluster} from './protocol/request-cluster.ts';
import {describeConsumerGroups, describeGroups} from './protocol/request-groups.ts';

/** Bits of the operations that brokers say we may do (org.apache.kafka.common.acl.AclOperation). */
const operations = {Read: 3, Delete: 6, Describe: 8} as const;

type Need = {
	readonly needs: string;
	readonly operation: keyof typeof operations;
	readonly resource: AclResource;
};

const needs: readonly Need[] = [
	{needs: 'groups of the whole cluster', operation: 'Describe', resource: 'cluster'},
	{needs: 'members and offsets of groups', operation: 'Describe', resource: 'group'},
	{needs: 'topics and their ends', operation: 'Describe', resource: 'topic'},
	{needs: 'messages of topics', operation: 'Read', resource: 'topic'},
	{needs: 'kafka.reset-offsets', operation: 'Read', resource: 'group'},
	{needs: 'kafka.reset-offsets', operation: 'Read', resource: 'topic'},
	{needs: 'kafka.reset-offsets (undo of a first commit)', operation: 'Delete', resource: 'group'},
];

const nameOf = ({operation, resource}: Need): string =>
	resource === 'cluster' ? describeClusterPermission : `${operation} on ${resource}s`;

/** Everything that is asked for: the demo has it all. */
export const kafkaRequiredPermissions: readonly Pick<Permission, 'needs' | 'name'>[] = needs.map(need => ({
	needs: need.needs,
	name: nameOf(need),
}));

/** The lines that give this principal what the panes need (`watch`), or what the actions do. */
export function aclGrantCommandsFor(
	settings: KafkaSettings,
	principal: string,
	purpose: 'watch' | 'act',
): readonly string[] {
	const endpoint = endpointOf(settings);
	const wanted = needs.filter(({needs: what}) => what.startsWith('kafka.') === (purpose === 'act'));
	return [
		...new Set(wanted.map(({operation, resource}) => aclGrantCommand(endpoint, principal, operation, resource, '*'))),
	];
}

const endpointOf = ({brokers}: KafkaSettings): string => brokers.map(({host, port}) => `${host}:${port}`).join(',');

/** Groups that are asked for what we may do with them: enough to tell a right that was given for all from one for some. */
const maxProbedGroups = 20;

/** Groups and topics to ask for; all topics when null. `about`: only the needs of a reset there, with grants for it alone. */
type PermissionScope = {
	readonly groups: readonly Pick<KafkaGroupName, 'group' | 'type'>[];
	readonly topics: readonly string[] | null;
	readonly resetScope?: ResetScope;
};

/**
 * What the brokers say that this principal may do, without doing any of it: they tell it of the cluster and of each topic and group that it
 * may describe. What it may not describe they hide or refuse. Where there is no topic or group to be told of, it stays unknown.
 */
export async function readKafkaPermissions(
	cluster: BrokerPool,
	settings: KafkaSettings,
	{groups, topics, resetScope: about}: PermissionScope,
	context: Context,
): Promise<readonly Permission[]> {
	const seen: Record<AclResource, number[]> = {cluster: [], group: [], topic: []};
	let refusedGroups = 0;

	const ofCluster = async (): Promise<void> => {
		const {error, operations} = await cluster.requestFromAny(describeCluster, undefined, context);
		if (error === 0) seen.cluster.push(operations);
	};
	const ofTopics = async (): Promise<void> => {
		for (const {error, internal, operations} of (await cluster.readMetadata(topics, context, true)).topics) {
			if (error === 0 && !internal) seen.topic.push(operations);
		}
	};
	const ofGroups = async (): Promise<void> => {
		const some = groups.slice(0, maxProbedGroups);
		for (const [request, types] of [
			[describeGroups, ['classic', 'unknown']],
			[describeConsumerGroups, ['consumer']],
		] as const) {
			const names = some.filter(({type}) => types.some(one => one === type)).map(({group}) => group);
			await requestFromCoordinators(cluster, request, names, context, {
				take({error, operations}) {
					if (error === 0) seen.group.push(operations);
					else refusedGroups += 1;
				},
				fail(_, problem) {
					if (problem.kind === 'denied') refusedGroups += 1;
				},
			});
		}
	};
	await Promise.all([...(about === undefined ? [ofCluster()] : []), ofTopics(), ofGroups()]);

	const endpoint = endpointOf(settings);
	const placeOf = (resource: AclResource) => (resource === 'cluster' ? '*' : (about?.[resource] ?? '*'));
	const asked = about === undefined ? needs : needs.filter(({needs: what}) => what.startsWith('kafka.'));
	return asked.map((need): Permission => {
		const {operation, resource} = need;
		const grant = aclGrantCommand(endpoint, principalOf(settings), operation, resource, placeOf(resource));
		const named = {needs: need.needs, name: nameOf(need)};
		const told = seen[resource];
		const may = told.filter(bits => (bits & (1 << operations[operation])) !== 0).length;
		if (told.length > 0 && may === told.length && !(resource === 'group' && refusedGroups > 0)) {
			return {...named, state: 'have', grant: ''};
		}
		if (told.length === 0 && !(resource === 'group' && refusedGroups > 0)) return {...named, state: 'unknown', grant};
		return {...named, state: 'lack', grant};
	});
}

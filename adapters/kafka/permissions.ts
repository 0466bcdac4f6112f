import type {Context} from '../../src/contract/context.ts';
import type {Permission} from '../../src/contract/system.ts';
import type {KafkaGroupName, KafkaSettings, ResetPlace} from '../../src/port/kafka.ts';
import {grantLine, type Resource} from './errors.ts';
import {askCoordinators} from './groups/coordinator-requests.ts';
import {describeAllGroups} from './groups/lag.ts';
import {principalOf} from './principal.ts';
import type {Cluster} from './protocol/cluster.ts';
import {describeCluster} from './protocol/request-cluster.ts';
import {describeConsumerGroups, describeGroups} from './protocol/request-groups.ts';

/** Bits of the operations that brokers say we may do (org.apache.kafka.common.acl.AclOperation). */
const operations = {Read: 3, Delete: 6, Describe: 8} as const;

type Need = {
	readonly needs: string;
	readonly operation: keyof typeof operations;
	readonly resource: Resource;
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
	resource === 'cluster' ? describeAllGroups : `${operation} on ${resource}s`;

/** Everything that is asked for: the demo has it all. */
export const kafkaNeeds: readonly Pick<Permission, 'needs' | 'name'>[] = needs.map(need => ({
	needs: need.needs,
	name: nameOf(need),
}));

/** The lines that give this principal what the panes need (`watch`), or what the actions do. */
export function grantsFor(settings: KafkaSettings, principal: string, purpose: 'watch' | 'act'): readonly string[] {
	const endpoint = endpointOf(settings);
	const wanted = needs.filter(({needs: what}) => what.startsWith('kafka.') === (purpose === 'act'));
	return [...new Set(wanted.map(({operation, resource}) => grantLine(endpoint, principal, operation, resource, '*')))];
}

const endpointOf = ({brokers}: KafkaSettings): string => brokers.map(({host, port}) => `${host}:${port}`).join(',');

/** Groups that are asked for what we may do with them: enough to tell a right that was given for all from one for some. */
const looksAt = 20;

/** Groups and topics to ask for; all topics when null. `about`: only the needs of a reset there, with grants for it alone. */
type Scope = {
	readonly groups: readonly Pick<KafkaGroupName, 'group' | 'type'>[];
	readonly topics: readonly string[] | null;
	readonly about?: ResetPlace;
};

/**
 * What the brokers say that this principal may do, without doing any of it: they tell it of the cluster and of each topic and group that it
 * may describe. What it may not describe they hide or refuse. Where there is no topic or group to be told of, it stays unknown.
 */
export async function askPermissions(
	cluster: Cluster,
	settings: KafkaSettings,
	{groups, topics, about}: Scope,
	context: Context,
): Promise<readonly Permission[]> {
	const seen: Record<Resource, number[]> = {cluster: [], group: [], topic: []};
	let refusedGroups = 0;

	const ofCluster = async (): Promise<void> => {
		const {error, operations} = await cluster.askAny(describeCluster, undefined, context);
		if (error === 0) seen.cluster.push(operations);
	};
	const ofTopics = async (): Promise<void> => {
		for (const {error, internal, operations} of (await cluster.look(topics, context, true)).topics) {
			if (error === 0 && !internal) seen.topic.push(operations);
		}
	};
	const ofGroups = async (): Promise<void> => {
		const some = groups.slice(0, looksAt);
		for (const [request, types] of [
			[describeGroups, ['classic', 'unknown']],
			[describeConsumerGroups, ['consumer']],
		] as const) {
			const names = some.filter(({type}) => types.some(one => one === type)).map(({group}) => group);
			await askCoordinators(cluster, request, names, context, {
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
	const placeOf = (resource: Resource) => (resource === 'cluster' ? '*' : (about?.[resource] ?? '*'));
	const asked = about === undefined ? needs : needs.filter(({needs: what}) => what.startsWith('kafka.'));
	return asked.map((need): Permission => {
		const {operation, resource} = need;
		const grant = grantLine(endpoint, principalOf(settings), operation, resource, placeOf(resource));
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

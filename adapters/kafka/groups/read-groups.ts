import type {Context} from '../../../src/contract/context.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {
	CommittedOffset,
	KafkaGroup,
	KafkaGroupName,
	KafkaGroupType,
	PartialResult,
} from '../../../src/port/kafka.ts';
import {protocolError} from '../errors.ts';
import {collectPartial, toAdapterError} from '../partial-results.ts';
import type {BrokerPool} from '../protocol/cluster.ts';
import {
	type DescribedGroup,
	describeConsumerGroups,
	describeGroups,
	describeShareGroups,
	listGroups,
} from '../protocol/request-groups.ts';
import {describeShareGroupOffsets, type GroupOffsets, offsetFetch} from '../protocol/request-offsets.ts';
import type {WireRequest} from '../protocol/wire.ts';
import {requestFromCoordinators} from './coordinator-requests.ts';

const types: Readonly<Record<string, KafkaGroupType>> = {
	classic: 'classic',
	consumer: 'consumer',
	share: 'share',
	streams: 'streams',
};

/** The type of a group. Brokers before Kafka 3.8 do not report it, but the protocol of a share group has a name of its own. */
const typeOf = (type: string | undefined, protocolType: string): KafkaGroupType =>
	types[type?.toLowerCase() ?? ''] ?? (protocolType === 'share' ? 'share' : 'unknown');

/** Each broker lists the groups that it coordinates. */
export async function readGroups(
	cluster: BrokerPool,
	context: Context,
): Promise<PartialResult<number, KafkaGroupName>> {
	const {brokers} = await cluster.readMetadata([], context);
	const gathered = collectPartial<number, KafkaGroupName>();
	await Promise.all(
		brokers.map(async ({id}) => {
			try {
				const {error, groups} = await cluster.request(id, listGroups, undefined, context);
				if (error !== 0) throw protocolError(error, cluster.requestContext(id, listGroups.name));
				gathered.markAnswered();
				const names = groups.map(({group}) => group);
				cluster.noteCoordinator(id, names);
				for (const {group, protocolType, state, type} of groups) {
					gathered.add({group, protocolType, state, type: typeOf(type, protocolType)});
				}
			} catch (error) {
				gathered.addFailure(id, toAdapterError(error));
			}
		}),
	);
	return gathered.result();
}

const groupIdNotFound = 69;

const groupNotFoundError = (group: string, type: string): AdapterError =>
	new AdapterError(
		'unsupported',
		`group ${group} is of type ${type}, which these brokers do not let us describe`,
		'Look at it with the tools of its own version.',
	);

/**
 * Describes groups of any type. Classic groups, groups of the consumer protocol and share groups each have a request of their own. The
 * one for classic groups answers Dead for all others, so Dead is believed only when the other protocol does not know the group either.
 */
export async function describeGroupsOfAnyType(
	cluster: BrokerPool,
	groups: readonly KafkaGroupName[],
	context: Context,
): Promise<PartialResult<string, KafkaGroup>> {
	const gathered = collectPartial<string, KafkaGroup>();
	const of = (...wanted: readonly KafkaGroupType[]) =>
		groups.filter(({type}) => wanted.includes(type)).map(({group}) => group);

	const take =
		(type: KafkaGroupType, request: WireRequest<never, unknown>) => (one: DescribedGroup, coordinator: number) => {
			const {group, error, message, state, epoch, members} = one;
			if (error === 0) return gathered.add({group, type, state, epoch, coordinator, members});
			gathered.addFailure(
				group,
				protocolError(error, cluster.requestContext(coordinator, request.name, {group}), message),
			);
		};
	const fail = (group: string, problem: AdapterError) => gathered.addFailure(group, problem);

	async function classic(): Promise<void> {
		const dead = new Map<string, readonly [DescribedGroup, number]>();
		const known = take('classic', describeGroups);
		await requestFromCoordinators(cluster, describeGroups, of('classic', 'unknown'), context, {
			take: (one, at) =>
				void (one.error === 0 && one.state === 'Dead' ? dead.set(one.group, [one, at]) : known(one, at)),
			fail,
		});
		// It may have changed its protocol since it was listed, or the list did not name the type.
		const typeOfDead = new Map(groups.map(({group, type}) => [group, type]));
		await requestFromCoordinators(cluster, describeConsumerGroups, [...dead.keys()], context, {
			take(one, at) {
				const [before] = dead.get(one.group) ?? [];
				if (one.error === groupIdNotFound && before !== undefined) known(before, at);
				else take('consumer', describeConsumerGroups)(one, at);
			},
			fail(group, problem) {
				const [before, at] = dead.get(group) ?? [];
				const sure = problem.kind === 'unsupported' && typeOfDead.get(group) === 'classic';
				if (sure && before !== undefined && at !== undefined) known(before, at);
				else fail(group, problem.kind === 'unsupported' ? groupNotFoundError(group, 'unknown') : problem);
			},
		});
	}

	const byType = (type: KafkaGroupType, request: WireRequest<readonly string[], readonly DescribedGroup[]>) =>
		requestFromCoordinators(cluster, request, of(type), context, {
			take: take(type, request),
			fail: (group, problem) => fail(group, problem.kind === 'unsupported' ? groupNotFoundError(group, type) : problem),
		});

	for (const group of of('streams')) fail(group, groupNotFoundError(group, 'streams'));
	await Promise.all([classic(), byType('consumer', describeConsumerGroups), byType('share', describeShareGroups)]);
	return gathered.result();
}

type CommittedOffsets = {readonly group: string; readonly offsets: readonly CommittedOffset[]};

/** Reads the committed offsets of groups. `share` names the share groups, which have a start offset instead of commits. */
export async function readCommitted(
	cluster: BrokerPool,
	groups: readonly string[],
	share: ReadonlySet<string>,
	context: Context,
): Promise<PartialResult<string, CommittedOffsets>> {
	const gathered = collectPartial<string, CommittedOffsets>();
	const read = (
		request: WireRequest<readonly string[], readonly GroupOffsets[]>,
		names: readonly string[],
		oneBelow = 0,
	) =>
		requestFromCoordinators(
			cluster,
			request,
			names,
			context,
			{
				take({group, error, offsets, failed}, at) {
					const [worst] = failed;
					const code = error === 0 && offsets.length === 0 ? (worst?.error ?? 0) : error;
					const on = {group, ...(worst === undefined ? {} : {topic: worst.topic})};
					if (code === 0) gathered.add({group, offsets});
					else gathered.addFailure(group, protocolError(code, cluster.requestContext(at, request.name, on)));
				},
				fail: gathered.addFailure,
			},
			oneBelow,
		);
	const firstWithMany = 8;
	await Promise.all([
		read(
			offsetFetch,
			groups.filter(group => !share.has(group)),
			firstWithMany,
		),
		read(
			describeShareGroupOffsets,
			groups.filter(group => share.has(group)),
		),
	]);
	return gathered.result();
}

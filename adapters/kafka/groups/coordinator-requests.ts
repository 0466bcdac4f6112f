import type {Context} from '../../../src/contract/context.ts';
import type {AdapterError} from '../../../src/errors.ts';
import {chunks} from '../chunks.ts';
import {isStaleMetadataCode, protocolError} from '../errors.ts';
import {toAdapterError} from '../partial-results.ts';
import type {BrokerPool} from '../protocol/cluster.ts';
import type {WireRequest} from '../protocol/wire.ts';

type GroupResponse = {readonly group: string; readonly error: number; readonly message?: string | undefined};

/** Groups asked for in one request, and requests of one group each that are on their way at once. */
const groupsPerRequest = 50;
const requestsInFlight = 20;

/**
 * Asks each group's coordinator about it, many groups at a time, and once more where another broker has become the coordinator meanwhile.
 * `oneBelow`: the version before which a request takes only one group.
 */
export async function requestFromCoordinators<A extends GroupResponse>(
	cluster: BrokerPool,
	request: WireRequest<readonly string[], readonly A[]>,
	groups: readonly string[],
	context: Context,
	to: {take(answer: A, broker: number): void; fail(group: string, problem: AdapterError): void},
	oneBelow = 0,
): Promise<void> {
	/** Groups to ask for once more, with what went wrong, and where. */
	const again = new Map<string, {readonly broker: number; readonly problem: AdapterError}>();

	async function askOne(broker: number, names: readonly string[]): Promise<void> {
		try {
			for (const raw of await cluster.request(broker, request, names, context)) {
				// A request for one group is answered without its name.
				const answer = raw.group === '' && names.length === 1 ? {...raw, group: names[0] ?? ''} : raw;
				const {group, error, message} = answer;
				if (!isStaleMetadataCode(error)) to.take(answer, broker);
				else
					again.set(group, {
						broker,
						problem: protocolError(error, cluster.requestContext(broker, request.name, {group}), message),
					});
			}
		} catch (error) {
			const problem = toAdapterError(error);
			for (const group of names) {
				if (problem.harmless) to.fail(group, problem);
				else again.set(group, {broker, problem});
			}
		}
	}

	async function askBroker(broker: number, names: readonly string[]): Promise<void> {
		try {
			const version = await cluster.versionOf(broker, request, context);
			if (version === undefined || version >= oneBelow) {
				for (const some of chunks(names, groupsPerRequest)) await askOne(broker, some);
				return;
			}
			for (const some of chunks(names, requestsInFlight)) await Promise.all(some.map(group => askOne(broker, [group])));
		} catch (error) {
			for (const group of names) again.set(group, {broker, problem: toAdapterError(error)});
		}
	}

	async function round(names: readonly string[], second: boolean): Promise<void> {
		const coordinators = await cluster.coordinators(names, context);
		const byBroker = new Map<number, string[]>();
		for (const group of names) {
			const broker = coordinators.get(group);
			const before = again.get(group);
			if (typeof broker !== 'number') {
				if (broker !== undefined) to.fail(group, broker);
			} else if (second && before?.broker === broker) to.fail(group, before.problem);
			else byBroker.set(broker, [...(byBroker.get(broker) ?? []), group]);
		}
		again.clear();
		await Promise.all([...byBroker].map(([broker, some]) => askBroker(broker, some)));
	}

	if (groups.length === 0) return;
	await round(groups, false);
	if (again.size === 0) return;
	cluster.forgetCoordinators(again.keys());
	if (!context.signal.aborted) await round([...again.keys()], true);
	for (const [group, {problem}] of again) to.fail(group, problem);
}

import type {Context} from '../../../src/contract/context.ts';
import type {AdapterError} from '../../../src/errors.ts';
import {chunks} from '../chunks.ts';
import {isStaleMetadataCode, protocolError} from '../errors.ts';
import {toAdapterError} from '../partial-results.ts';
import type {BrokerPool} from '../protocol/cluster.ts';
import type {WireRequest} from '../protocol/wire.ts';

type GroupResponse = {readonly group: string; readonly error: number; readonly message?: string | undefined};

/** Groups in one request; requests for one group each that are in flight at once. */
const groupsPerRequest = 50;
const requestsInFlight = 20;

/**
 * Sends a request about groups to their coordinators, many groups at a time, and once more where the coordinator has changed.
 * `oneBelow`: the version before which a request is for one group only.
 */
export async function requestFromCoordinators<A extends GroupResponse>(
	cluster: BrokerPool,
	request: WireRequest<readonly string[], readonly A[]>,
	groups: readonly string[],
	context: Context,
	to: {take(response: A, broker: number): void; fail(group: string, problem: AdapterError): void},
	oneBelow = 0,
): Promise<void> {
	/** Groups to retry, with the error and the broker. */
	const retries = new Map<string, {readonly broker: number; readonly problem: AdapterError}>();

	async function sendToBroker(broker: number, names: readonly string[]): Promise<void> {
		try {
			for (const raw of await cluster.request(broker, request, names, context)) {
				// The response to a request for one group has no name.
				const response = raw.group === '' && names.length === 1 ? {...raw, group: names[0] ?? ''} : raw;
				const {group, error, message} = response;
				if (!isStaleMetadataCode(error)) to.take(response, broker);
				else
					retries.set(group, {
						broker,
						problem: protocolError(error, cluster.requestContext(broker, request.name, {group}), message),
					});
			}
		} catch (error) {
			const problem = toAdapterError(error);
			for (const group of names) {
				if (problem.harmless) to.fail(group, problem);
				else retries.set(group, {broker, problem});
			}
		}
	}

	async function sendInBatches(broker: number, names: readonly string[]): Promise<void> {
		try {
			const version = await cluster.versionOf(broker, request, context);
			if (version === undefined || version >= oneBelow) {
				for (const some of chunks(names, groupsPerRequest)) await sendToBroker(broker, some);
				return;
			}
			for (const some of chunks(names, requestsInFlight))
				await Promise.all(some.map(group => sendToBroker(broker, [group])));
		} catch (error) {
			for (const group of names) retries.set(group, {broker, problem: toAdapterError(error)});
		}
	}

	async function sendRound(names: readonly string[], isRetry: boolean): Promise<void> {
		const coordinators = await cluster.coordinators(names, context);
		const byBroker = new Map<number, string[]>();
		for (const group of names) {
			const broker = coordinators.get(group);
			const before = retries.get(group);
			if (typeof broker !== 'number') {
				if (broker !== undefined) to.fail(group, broker);
			} else if (isRetry && before?.broker === broker) to.fail(group, before.problem);
			else byBroker.set(broker, [...(byBroker.get(broker) ?? []), group]);
		}
		retries.clear();
		await Promise.all([...byBroker].map(([broker, some]) => sendInBatches(broker, some)));
	}

	if (groups.length === 0) return;
	await sendRound(groups, false);
	if (retries.size === 0) return;
	cluster.forgetCoordinators(retries.keys());
	if (!context.signal.aborted) await sendRound([...retries.keys()], true);
	for (const [group, {problem}] of retries) to.fail(group, problem);
}

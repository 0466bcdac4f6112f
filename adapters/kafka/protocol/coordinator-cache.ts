import type {Context} from '../../../src/contract/context.ts';
import type {AdapterError} from '../../../src/errors.ts';
import {findCoordinator} from './request-groups.ts';
import type {WireRequest} from './wire.ts';

/** The broker ids of group coordinators. */
export type CoordinatorCache = {
	/** The coordinator of each group, looked up when it is not known; or why the lookup failed. */
	find(groups: readonly string[], context: Context): Promise<ReadonlyMap<string, number | AdapterError>>;
	record(broker: number, groups: Iterable<string>): void;
	forget(groups: Iterable<string>): void;
};

/** FindCoordinator before Kafka 3.0 is for one group: that many requests are in flight at once. */
const lookupsInFlight = 20;

export type CoordinatorLookup = {
	send<Q, A>(request: WireRequest<Q, A>, argument: Q, context: Context): Promise<A>;
	/** The error for an error code of the lookup of a group. */
	errorOf(group: string, code: number, message: string | undefined): AdapterError;
};

export function createCoordinatorCache({send, errorOf}: CoordinatorLookup): CoordinatorCache {
	const coordinators = new Map<string, number>();

	/** Looks up groups. Returns the errors of those without a result. */
	async function lookUp(groups: readonly string[], context: Context): Promise<ReadonlyMap<string, AdapterError>> {
		const errors = new Map<string, AdapterError>();
		const record = (group: string, {error, id, message}: Awaited<ReturnType<typeof sendLookup>>[number]) => {
			if (error === 0) coordinators.set(group, id);
			else errors.set(group, errorOf(group, error, message));
		};
		const sendLookup = (names: readonly string[]) => send(findCoordinator, names, context);
		const [first, ...others] = groups;
		if (first === undefined) return errors;
		const replies = await sendLookup(groups);
		// A broker before Kafka 3.0 replies for the first group only, without its name.
		if (replies[0]?.group !== '') {
			for (const reply of replies) record(reply.group, reply);
			return errors;
		}
		for (const reply of replies) record(first, reply);
		for (let start = 0; start < others.length; start += lookupsInFlight) {
			await Promise.all(
				others.slice(start, start + lookupsInFlight).map(async group => {
					for (const reply of await sendLookup([group])) record(group, reply);
				}),
			);
		}
		return errors;
	}

	return {
		async find(groups, context) {
			const unknown = groups.filter(group => !coordinators.has(group));
			const errors = await lookUp(unknown, context);
			return new Map(
				groups.flatMap(group => {
					const result = coordinators.get(group) ?? errors.get(group);
					return result === undefined ? [] : [[group, result] as const];
				}),
			);
		},
		record(broker, groups) {
			for (const group of groups) coordinators.set(group, broker);
		},
		forget(groups) {
			for (const group of groups) coordinators.delete(group);
		},
	};
}

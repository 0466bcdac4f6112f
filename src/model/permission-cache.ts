import type {Context} from '../contract/context.ts';
import type {Permission} from '../contract/system.ts';
import {createSingleflight} from '../time/singleflight.ts';

/** Permissions are seldom revoked, and a refusal shows that one was. */
const allGrantedTtlMs = 10 * 60_000;
/** Shorter while one is missing: an administrator may be granting it. */
const someMissingTtlMs = 60_000;

/** The permissions that a server reported, cached for one connection and one user. For the screen only: actions read their own. */
export type PermissionCache = {
	/** Concurrent reads share one request. @throws the error of the request. */
	read(context: Context): Promise<readonly Permission[]>;
	/** The server refused what this permission allows: clears the cache if it says that we have it. */
	refused(name: string): void;
};

/** `connectionId` changes with each new connection; permissions of an earlier one do not count. */
export function createPermissionCache(
	request: (context: Context) => Promise<readonly Permission[]>,
	connectionId: () => number,
): PermissionCache {
	let cached:
		| {readonly at: number; readonly connection: number; readonly permissions: readonly Permission[]}
		| undefined;
	const flight = createSingleflight<readonly Permission[]>();

	function findCached(now: number): readonly Permission[] | undefined {
		if (cached === undefined || cached.connection !== connectionId()) return undefined;
		const age = now - cached.at;
		const ttl = cached.permissions.every(({state}) => state === 'have') ? allGrantedTtlMs : someMissingTtlMs;
		return age >= 0 && age < ttl ? cached.permissions : undefined;
	}

	async function requestAndCache(context: Context): Promise<readonly Permission[]> {
		const at = context.now();
		const permissions = await request(context);
		cached = {at, connection: connectionId(), permissions};
		return permissions;
	}

	return {
		async read(context) {
			// A shared request that failed may have been cancelled by its own caller: then this one sends its own.
			while (flight.inFlight !== undefined) {
				const shared = await flight.inFlight.catch(() => undefined);
				if (shared !== undefined) return shared;
			}
			return findCached(context.now()) ?? flight.run(() => requestAndCache(context));
		},
		refused(name) {
			if (cached?.permissions.some(permission => permission.name === name && permission.state === 'have'))
				cached = undefined;
		},
	};
}

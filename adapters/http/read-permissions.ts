import type {Permission} from '../../src/contract/system.ts';
import {isAdapterError} from '../../src/errors.ts';

/** One read that a system needs: what needs it, its path, and the read itself, which resolves with undefined when the server lacks the path. */
export type RequiredPath = readonly [needs: string, path: string, read: () => Promise<unknown>];

/** The line for an administrator: an HTTP server has no users of its own, so a proxy in front of it decides. */
export const grantOf = (request: string, endpoint: string): string =>
	`allow ${request} in the proxy in front of ${endpoint}`;

/** Tries each path, because a server without users cannot be queried for permissions. `missing`: the grant of a path that it lacks. */
export const tryRequiredPaths = (
	paths: readonly RequiredPath[],
	endpoint: string,
	missing: string,
): Promise<readonly Permission[]> =>
	Promise.all(
		paths.map(async ([needs, path, read]): Promise<Permission> => {
			const name = `GET ${path}`;
			try {
				if ((await read()) === undefined) return {needs, name, state: 'lack', grant: missing};
				return {needs, name, state: 'have', grant: ''};
			} catch (error) {
				if (!isAdapterError(error)) throw error;
				return {needs, name, state: error.kind === 'denied' ? 'lack' : 'unknown', grant: grantOf(name, endpoint)};
			}
		}),
	);

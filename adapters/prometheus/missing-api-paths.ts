import {isMissingApi} from '../http/refusal.ts';

/** A server may be replaced by another one behind the same address. */
const missingCacheMs = 10 * 60_000;

/** Remembers which endpoints a server does not have, so that each is asked for once and not at every poll. */
export function createMissingApiPaths() {
	const until = new Map<string, number>();
	return {
		/** Undefined when the server does not have `endpoint`. @throws whatever `read` throws for another reason. */
		async unlessAbsent<T>(endpoint: string, now: number, read: () => Promise<T>): Promise<T | undefined> {
			if ((until.get(endpoint) ?? 0) > now) return undefined;
			try {
				return await read();
			} catch (error) {
				if (!isMissingApi(error)) throw error;
				until.set(endpoint, now + missingCacheMs);
				return undefined;
			}
		},
		/** Something is wrong with the server, or with what stands before it: then nothing that it said of itself counts. */
		doubt: () => until.clear(),
	};
}

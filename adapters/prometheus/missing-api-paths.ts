import {isMissingApi} from '../http/refusal.ts';

/** Another server may replace this one at the same address. */
const missingCacheMs = 10 * 60_000;

/** Remembers which paths a server lacks, so that each is requested once and not at every poll. */
export function createMissingApiPaths() {
	const until = new Map<string, number>();
	return {
		/** The result of `read`; undefined when the server lacks `path`. @throws the error of `read` when it has another reason. */
		async unlessAbsent<T>(path: string, now: number, read: () => Promise<T>): Promise<T | undefined> {
			if ((until.get(path) ?? 0) > now) return undefined;
			try {
				return await read();
			} catch (error) {
				if (!isMissingApi(error)) throw error;
				until.set(path, now + missingCacheMs);
				return undefined;
			}
		},
		/** Forgets all paths: a failing server, or a failing proxy in front of it, may have answered wrongly before. */
		forget: () => until.clear(),
	};
}

import {setTimeout as pause} from 'node:timers/promises';
import {TestRunner} from 'vitest';

/** A wait ends this long before the limit of its test, so that it can report what it last saw. */
const marginMs = 3000;
/** The longest wait in a hook, and in a test that is cleaning up after its limit. */
const hookWaitMs = 180_000;
const minWaitMs = 10_000;

/**
 * Milliseconds until shortly before the running test reaches its time limit. Waits for a condition take this as their limit: a slow
 * machine makes a test slow and not red, and a condition that never comes true is reported by the wait itself.
 */
export function timeLeftMs(): number {
	const running = TestRunner.getCurrentTest();
	const startedAt = running?.result?.startTime;
	if (running === undefined || startedAt === undefined) return hookWaitMs;
	return Math.max(minWaitMs, startedAt + running.timeout - marginMs - Date.now());
}

/**
 * Calls `check` until it no longer throws and returns its result.
 * @throws the last error of `check` when the running test is about to reach its time limit.
 */
export async function eventually<T>(check: () => Promise<T> | T, intervalMs = 20): Promise<T> {
	const deadline = Date.now() + timeLeftMs();
	for (;;) {
		try {
			return await check();
		} catch (error) {
			if (Date.now() > deadline) throw error;
			await pause(intervalMs);
		}
	}
}

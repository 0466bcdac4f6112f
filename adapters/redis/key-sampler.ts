import type {Context} from '../../src/contract/context.ts';
import {AdapterError} from '../../src/errors.ts';
import type {SampledKey} from '../../src/model/redis/redis-prefix.ts';
import type {Keyspace, SamplerBudget} from '../../src/port/redis.ts';
import {pause, systemClock} from '../../src/time/clock.ts';

export type KeySample = {
	readonly keys: readonly SampledKey[];
	/** Keys in the database at the start. */
	readonly total: number;
	/** SCAN completed: it returned every key that existed from start to end. */
	readonly complete: boolean;
	/** Why it ended early, other than by its budget. */
	readonly stopped: string | undefined;
};

/** A batch delays other clients by about 1 ms; 10,000 keys would delay them by 19. */
const batch = 500;
/** Bytes of a key name that are stored: a name may have 512 MB. */
const maxNameBytes = 512;

/**
 * Samples keys until the budget is spent: SCAN in small batches with pauses, then size, expiry and type of each new key in one
 * pipeline. Ends early when the server answers PING slowly. SCAN starts at one position of the hash table; keys are hashed with a random
 * seed, so the sample is representative of their names.
 * @throws AdapterError
 */
export async function sampleKeys(
	keyspace: Keyspace,
	budget: SamplerBudget,
	context: Context,
	match?: string,
): Promise<KeySample> {
	const began = context.now();
	const total = await keyspace.size(context);
	const seen = new Set<string>();
	const keys: SampledKey[] = [];
	let cursor = '0';
	let cutOff = false;
	for (;;) {
		const found = await keyspace.scan(cursor, {count: batch, ...(match === undefined ? {} : {match})}, context);
		cursor = found.cursor;
		const fresh: Uint8Array[] = [];
		for (const key of found.keys) {
			// latin1 distinguishes all bytes; utf8 would merge two keys that are not text.
			const bytes = Buffer.from(key).toString('latin1');
			if (seen.has(bytes)) continue;
			if (keys.length + fresh.length >= budget.keys) {
				cutOff = true;
				break;
			}
			seen.add(bytes);
			fresh.push(key);
		}
		const facts = fresh.length === 0 ? [] : await keyspace.describe(fresh, context);
		for (const [at, key] of fresh.entries()) {
			const keyFacts = facts[at];
			if (keyFacts !== undefined) keys.push({...keyFacts, name: Buffer.from(key).subarray(0, maxNameBytes).toString()});
		}
		if (cursor === '0') return {keys, total, complete: !cutOff, stopped: undefined};
		if (keys.length >= budget.keys || context.now() - began >= budget.timeMs) {
			return {keys, total, complete: false, stopped: undefined};
		}
		const pingMs = await keyspace.ping(context);
		if (pingMs > budget.slowPingMs) {
			return {keys, total, complete: false, stopped: `the server took ${Math.round(pingMs)} ms for a PING`};
		}
		await pause(systemClock, budget.pauseMs, context.signal);
		if (context.signal.aborted)
			throw new AdapterError('timeout', 'the key sampler was stopped', 'Give it more time, or a smaller budget.');
	}
}

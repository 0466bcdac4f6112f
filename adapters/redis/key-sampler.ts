import type {Context} from '../../src/contract/context.ts';
import {AdapterError} from '../../src/errors.ts';
import type {SampledKey} from '../../src/model/redis/redis-prefix.ts';
import type {Keyspace, SamplerBudget} from '../../src/port/redis.ts';

export type KeySample = {
	readonly keys: readonly SampledKey[];
	/** Keys in the database when it began. */
	readonly total: number;
	/** SCAN came round: every key that was there all the while was looked at. */
	readonly complete: boolean;
	/** Why it ended early, when it was not the budget. */
	readonly stopped: string | undefined;
};

/** A batch that holds other clients up for about 1 ms; 10,000 would hold them up for 19. */
const batch = 500;
/** Bytes of a name that are kept: one may be 512 MB long, and nobody reads more. */
const maxNameBytes = 512;

function pause(ms: number, {signal}: Context): Promise<void> {
	return new Promise((resolve, reject) => {
		const over = () => {
			clearTimeout(timer);
			signal.removeEventListener('abort', abort);
		};
		const abort = () => {
			over();
			reject(new AdapterError('timeout', 'the key sampler was stopped', 'Give it more time, or a smaller budget.'));
		};
		const timer = setTimeout(() => {
			over();
			resolve();
		}, ms);
		if (signal.aborted) abort();
		else signal.addEventListener('abort', abort, {once: true});
	});
}

/**
 * Looks at keys until the budget is spent: SCAN in small batches with pauses, then size, expiry and type of each new key in one
 * pipeline. Ends early when the server answers a PING slowly. SCAN begins at one place of the hash table, and since keys are hashed
 * by a random seed that is a fair sample of their names.
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
			// latin1 keeps every byte apart; utf8 would make one key of two that are not text.
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
			const told = facts[at];
			if (told !== undefined) keys.push({...told, name: Buffer.from(key).subarray(0, maxNameBytes).toString()});
		}
		if (cursor === '0') return {keys, total, complete: !cutOff, stopped: undefined};
		if (keys.length >= budget.keys || context.now() - began >= budget.timeMs) {
			return {keys, total, complete: false, stopped: undefined};
		}
		const pingMs = await keyspace.ping(context);
		if (pingMs > budget.slowPingMs) {
			return {keys, total, complete: false, stopped: `the server took ${Math.round(pingMs)} ms for a PING`};
		}
		await pause(budget.pauseMs, context);
	}
}

import type {Context} from '../../../src/contract/context.ts';
import type {Note} from '../../../src/contract/row.ts';
import {isAdapterError, messageOf} from '../../../src/errors.ts';
import type {PrometheusPort, ScrapeTarget} from '../../../src/port/prometheus.ts';
import {mapInSlices} from '../../../src/time/yield.ts';
import {createPoolCache, type PoolCache, type PoolSize} from './pool-cache.ts';

/** The targets of the pools that were read. */
export type PoolDetails = {
	/** The targets by their PromQL selector; two targets may have the same labels. */
	readonly targets: ReadonlyMap<string, readonly ScrapeTarget[]>;
	/** The size of each scrape pool, by its name. */
	readonly sizes: ReadonlyMap<string, PoolSize>;
	readonly notes: readonly Note[];
};

/** A job with a target that is down or slow, which makes its pools worth the expensive read. `size`: its number of targets. */
export type SuspectJob = {readonly job: string; readonly size: number};

const poolNamesCacheMs = 5 * 60_000;
/** Milliseconds of one poll for expensive reads. */
const budgetMs = 4000;
/** Older reads are not shown. */
const maxDetailAgeMs = 3 * 60_000;
/** Pools read in one poll only to find out which jobs are in them. */
const poolGuessesPerPoll = 3;

/** Returns a function that reads the pools of suspect jobs, one at a time and within a time budget, and caches them. */
export function createPoolDetails(
	port: PrometheusPort,
): (suspects: readonly SuspectJob[], context: Context) => Promise<PoolDetails> {
	const cache = createPoolCache(port);
	let names: {readonly readAt: number; readonly pools: readonly string[] | undefined} | undefined;

	/** The names of all pools; undefined when this server lacks the path. */
	async function poolNames(context: Context): Promise<readonly string[] | undefined> {
		if (names === undefined || context.now() - names.readAt > poolNamesCacheMs) {
			names = {readAt: context.now(), pools: await port.pools(context)};
			if (names.pools !== undefined) cache.retain(names.pools);
		}
		return names.pools;
	}

	async function refreshDuePools(suspects: readonly SuspectJob[], context: Context): Promise<readonly Note[]> {
		const pools = (await poolNames(context)) ?? suspects.slice(0, 1).map(({job}) => job);
		const began = context.now();
		for (const pool of selectDuePools(suspects, pools, cache, began)) {
			if (!(await cache.refresh(pool, context)))
				return [{text: 'this server does not report why a scrape failed: it has no /api/v1/targets', severity: 'ok'}];
			if (context.now() - began >= budgetMs) break;
		}
		return [];
	}

	return async (suspects, context) => {
		if (suspects.length === 0) return {...(await freshDetails(cache, context.now)), notes: []};
		let notes: readonly Note[];
		try {
			notes = await refreshDuePools(suspects, context);
		} catch (error) {
			if (context.signal.aborted) throw error;
			const hint = isAdapterError(error) ? error.hint : 'It is retried.';
			notes = [{text: `why scrapes fail could not be read: ${messageOf(error)}`, hint, severity: 'unknown'}];
		}
		return {...(await freshDetails(cache, context.now)), notes};
	};
}

/** The pools to read in this poll, the oldest read first. For a job without a known pool, some unread pools are tried. */
function selectDuePools(
	suspects: readonly SuspectJob[],
	pools: readonly string[],
	cache: PoolCache,
	now: number,
): readonly string[] {
	const selected = new Set<string>();
	for (const {job} of suspects) {
		const known = cache.poolsOf(job);
		if (known !== undefined) for (const pool of known) selected.add(pool);
		else if (pools.includes(job)) selected.add(job);
		else {
			const unread = pools.filter(pool => !cache.reads.has(pool));
			const likeliest = unread.toSorted((a, b) => Number(b.includes(job)) - Number(a.includes(job)));
			for (const pool of likeliest.slice(0, poolGuessesPerPoll)) selected.add(pool);
		}
	}
	const readAt = (pool: string) => cache.reads.get(pool)?.readAt ?? 0;
	return [...selected].filter(pool => cache.isDue(pool, now)).sort((a, b) => readAt(a) - readAt(b));
}

/** The targets and sizes of all pools whose last read is young enough to show. */
async function freshDetails({reads}: PoolCache, now: () => number): Promise<Omit<PoolDetails, 'notes'>> {
	const targets = new Map<string, readonly ScrapeTarget[]>();
	const sizes = new Map<string, PoolSize>();
	for (const [pool, {readAt, bySelector, size}] of reads) {
		if (now() - readAt > maxDetailAgeMs) continue;
		sizes.set(pool, size);
		await mapInSlices(bySelector, ([selector, same]) => {
			const others = targets.get(selector);
			targets.set(selector, others === undefined ? same : [...others, ...same]);
		});
	}
	return {targets, sizes};
}

import type {Context} from '../../src/contract/context.ts';
import type {Note} from '../../src/contract/row.ts';
import {isAdapterError, messageOf} from '../../src/errors.ts';
import {selectorOf} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, ScrapeTarget} from '../../src/port/prometheus.ts';
import {mapInSlices} from '../../src/time/yield.ts';
import {jobOf} from './up-metric.ts';

/** What the pools that were read tell, by what PromQL selects a target with; two targets may have the same labels. */
export type PoolDetails = {
	readonly targets: ReadonlyMap<string, readonly ScrapeTarget[]>;
	/** Of the pools that were read. */
	readonly sizes: ReadonlyMap<string, PoolSize>;
	readonly notes: readonly Note[];
};

export type PoolSize = {readonly all: number; readonly down: number};

/** Something of a job is down or slow, so that its pools are worth the heavy read. `size` is that of the job. */
export type SuspectJob = {readonly job: string; readonly size: number};

const poolsFreshMs = 5 * 60_000;
/** Milliseconds of one poll that go into heavy reads, and of one such read. */
const budgetMs = 4000;
const oneReadMs = 6000;
/** A pool of a thousand targets is read at every poll, a larger one as much less often. */
const freshMsPerThousand = 10_000;
const freshAtMost = 60_000;
/** What was read so long ago is not shown any more. */
const maxDetailAgeMs = 3 * 60_000;
/** Pools that are opened in one poll only to see which jobs are in them. */
const poolGuessesPerPoll = 3;

type PoolRead = {
	readonly at: number;
	readonly byKey: ReadonlyMap<string, readonly ScrapeTarget[]>;
	readonly size: PoolSize;
};

/**
 * Reads the pools of suspect jobs, one at a time and within a budget, and remembers them. A job is no pool: labels may be rewritten, so
 * which pools a job is in is learned from what was read.
 */
export function createPoolDetails(
	port: PrometheusPort,
): (suspects: readonly SuspectJob[], context: Context) => Promise<PoolDetails> {
	let names: {readonly at: number; readonly pools: readonly string[] | undefined} | undefined;
	const read = new Map<string, PoolRead>();
	const poolsOfJob = new Map<string, Set<string>>();

	async function poolNames(context: Context): Promise<readonly string[] | undefined> {
		if (names === undefined || context.now() - names.at > poolsFreshMs) {
			names = {at: context.now(), pools: await port.pools(context)};
			for (const pool of read.keys()) if (names.pools?.includes(pool) === false) read.delete(pool);
		}
		return names.pools;
	}

	/** @returns false when this server has no such endpoint. */
	async function readPool(pool: string, context: Context): Promise<boolean> {
		const signal = AbortSignal.any([context.signal, AbortSignal.timeout(oneReadMs)]);
		const targets = await port.targets(pool, {...context, signal});
		if (targets === undefined) return false;
		// An older server gives those of all pools.
		for (const [name, own] of Map.groupBy(targets, target => target.pool)) {
			const byKey = new Map<string, ScrapeTarget[]>();
			const size = {all: own.length, down: 0};
			await mapInSlices(own, target => {
				const key = selectorOf(target.labels);
				const same = byKey.get(key);
				if (same === undefined) byKey.set(key, [target]);
				else same.push(target);
				if (target.health === 'down') size.down += 1;
				const job = jobOf(target.labels);
				poolsOfJob.set(job, (poolsOfJob.get(job) ?? new Set()).add(name));
			});
			read.set(name, {at: context.now(), byKey, size});
		}
		if (!targets.some(target => target.pool === pool))
			read.set(pool, {at: context.now(), byKey: new Map(), size: {all: 0, down: 0}});
		return true;
	}

	/** Pools that are to be read in this poll, the one that was read longest ago first. */
	function due(suspects: readonly SuspectJob[], pools: readonly string[], now: number): readonly string[] {
		const wanted = new Set<string>();
		for (const {job} of suspects) {
			const known = poolsOfJob.get(job);
			if (known !== undefined) for (const pool of known) wanted.add(pool);
			else if (pools.includes(job)) wanted.add(job);
			else {
				const unread = pools.filter(pool => !read.has(pool));
				const likely = unread.toSorted((a, b) => Number(b.includes(job)) - Number(a.includes(job)));
				for (const pool of likely.slice(0, poolGuessesPerPoll)) wanted.add(pool);
			}
		}
		return [...wanted]
			.filter(pool => now - (read.get(pool)?.at ?? Number.NEGATIVE_INFINITY) >= freshFor(read.get(pool)?.size.all))
			.sort((a, b) => (read.get(a)?.at ?? 0) - (read.get(b)?.at ?? 0));
	}

	return async (suspects, context) => {
		const notes: Note[] = [];
		if (suspects.length > 0) {
			try {
				const pools = await poolNames(context);
				const began = context.now();
				for (const pool of due(suspects, pools ?? suspects.slice(0, 1).map(({job}) => job), began)) {
					if (!(await readPool(pool, context))) {
						notes.push({
							text: 'this server does not tell why a scrape failed: it has no /api/v1/targets',
							severity: 'ok',
						});
						break;
					}
					if (context.now() - began >= budgetMs) break;
				}
			} catch (error) {
				if (context.signal.aborted) throw error;
				const hint = isAdapterError(error) ? error.hint : 'It is tried again.';
				notes.push({text: `why scrapes fail could not be read: ${messageOf(error)}`, hint, severity: 'unknown'});
			}
		}
		const targets = new Map<string, readonly ScrapeTarget[]>();
		const sizes = new Map<string, PoolSize>();
		for (const [pool, {at, byKey, size}] of read) {
			if (context.now() - at > maxDetailAgeMs) continue;
			sizes.set(pool, size);
			await mapInSlices(byKey, ([key, same]) => {
				const others = targets.get(key);
				targets.set(key, others === undefined ? same : [...others, ...same]);
			});
		}
		return {targets, sizes, notes};
	};
}

const freshFor = (size = 0): number => Math.min(freshAtMost, Math.max(0, (size / 1000 - 1) * freshMsPerThousand));

import type {Context} from '../../../src/contract/context.ts';
import {selectorOf} from '../../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, ScrapeTarget} from '../../../src/port/prometheus.ts';
import {mapInSlices} from '../../../src/time/yield.ts';
import {jobOf} from './up-metric.ts';

export type PoolSize = {readonly all: number; readonly down: number};

/** One read of a pool. `readAt`: epoch milliseconds. `bySelector`: two targets may have the same labels. */
export type PoolRead = {
	readonly readAt: number;
	readonly bySelector: ReadonlyMap<string, readonly ScrapeTarget[]>;
	readonly size: PoolSize;
};

const readTimeoutMs = 6000;
/** A pool of a thousand targets is read at every poll, a larger one less often in proportion. */
const cacheMsPerThousand = 10_000;
const maxCacheMs = 60_000;

/** The last read of each pool, and the pools of each job. A job is not a pool: relabeling can change the job of a target. */
export type PoolCache = {
	readonly reads: ReadonlyMap<string, PoolRead>;
	/** The pools in which targets of this job were seen; undefined when none was. */
	poolsOf(job: string): ReadonlySet<string> | undefined;
	/** Whether the last read of a pool is too old; the larger the pool, the longer it lasts. */
	isDue(pool: string, now: number): boolean;
	/** Forgets pools that the server does not have any more. */
	retain(pools: readonly string[]): void;
	/** Reads a pool. @returns false when the server lacks the path. @throws AdapterError when it fails or takes over 6 s. */
	refresh(pool: string, context: Context): Promise<boolean>;
};

export function createPoolCache(port: Pick<PrometheusPort, 'targets'>): PoolCache {
	const reads = new Map<string, PoolRead>();
	const poolsOfJob = new Map<string, Set<string>>();

	async function store(pool: string, targets: readonly ScrapeTarget[], readAt: number): Promise<void> {
		const bySelector = new Map<string, ScrapeTarget[]>();
		const size = {all: targets.length, down: 0};
		await mapInSlices(targets, target => {
			const selector = selectorOf(target.labels);
			const same = bySelector.get(selector);
			if (same === undefined) bySelector.set(selector, [target]);
			else same.push(target);
			if (target.health === 'down') size.down += 1;
			const job = jobOf(target.labels);
			poolsOfJob.set(job, (poolsOfJob.get(job) ?? new Set()).add(pool));
		});
		reads.set(pool, {readAt, bySelector, size});
	}

	return {
		reads,
		poolsOf: job => poolsOfJob.get(job),
		isDue(pool, now) {
			const last = reads.get(pool);
			return last === undefined || now - last.readAt >= cacheMsFor(last.size.all);
		},
		retain(pools) {
			for (const pool of reads.keys()) if (!pools.includes(pool)) reads.delete(pool);
		},
		async refresh(pool, context) {
			const signal = AbortSignal.any([context.signal, AbortSignal.timeout(readTimeoutMs)]);
			const targets = await port.targets(pool, {...context, signal});
			if (targets === undefined) return false;
			// An older server returns the targets of all pools.
			const byPool = Map.groupBy(targets, target => target.pool);
			for (const [name, own] of byPool) await store(name, own, context.now());
			if (!byPool.has(pool)) await store(pool, [], context.now());
			return true;
		},
	};
}

const cacheMsFor = (size: number): number => Math.min(maxCacheMs, Math.max(0, (size / 1000 - 1) * cacheMsPerThousand));

import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import {worstSeverity} from '../../contract/severity.ts';
import {formatThousands} from '../../text/format.ts';
import {networkCutOff, targetsDown, targetsSlow, targetsUnknown} from './prometheus-finding-types.ts';
import type {ScrapeRow} from './scrape-target.ts';

/** When that share of all targets is down, over that many pools, the network of the Prometheus is the likelier cause. */
const cutOffShare = 0.5;
const cutOffPools = 3;

type ScrapeProblem = 'down' | 'slow' | 'unknown';

const scrapeFindingTypes = {down: targetsDown, slow: targetsSlow, unknown: targetsUnknown} as const;

const scrapeProblem = (row: ScrapeRow): ScrapeProblem | undefined => {
	if (row.severity === 'ok') return undefined;
	return row.health === 'up' ? 'slow' : row.health;
};

/** The most common cause, other than just `down`. */
function mostCommonCause(rows: readonly ScrapeRow[]): string {
	const causes = [...Map.groupBy(rows, row => row.why ?? '')].sort(([, a], [, b]) => b.length - a.length);
	return causes.find(([why]) => why !== 'down')?.[0] ?? causes[0]?.[0] ?? '';
}

/** The number of all targets of a server and of those that are down, including targets without a row. */
export type ScrapeTotals = {readonly all: number; readonly down: number};

/** One finding for each pool and problem, because a pool has one owner. `totals`: counted from the rows when absent. */
export function scrapeFindings(rows: readonly ScrapeRow[], target: string, totals?: ScrapeTotals): readonly Finding[] {
	const pools = [...Map.groupBy(rows, row => row.pool)];
	const findings = pools.flatMap(([pool, all]) => {
		const kinds = Map.groupBy(all, scrapeProblem);
		kinds.delete(undefined);
		return [...kinds].flatMap(([kind, same]) => {
			const [first] = same;
			const severity = worstSeverity(same.map(row => row.severity));
			if (kind === undefined || first === undefined || severity === 'ok') return [];
			const size = Math.max(first.poolSize, all.length);
			const affected = kind === 'down' ? Math.max(first.poolDown, same.length) : same.length;
			return createFinding(scrapeFindingTypes[kind], {
				id: `${target}/scrape/${pool}/${kind}`,
				target,
				severity,
				sentence: `${pool || 'targets without a job'}: ${formatThousands(affected)} of ${formatThousands(size)} ${size === 1 ? 'target' : 'targets'} ${kind}: ${mostCommonCause(same)}`,
				row: {kind: 'prometheus.target', id: first.id},
				kind: 'prometheus.target',
				evidence: same.slice(0, 5).map(row => `${row.url ?? row.instance}: ${row.error === '' ? row.why : row.error}`),
				...(affected === same.length ? {subjects: same.map(row => row.labels)} : {}),
			});
		});
	});
	const cut = networkCutFinding(pools, target, totals);
	return cut === undefined ? findings : [cut, ...findings];
}

/** A finding in addition to those of the pools, because it is a guess. A healthy pool may have no row among so many unhealthy ones. */
function networkCutFinding(
	pools: readonly (readonly [string, readonly ScrapeRow[]])[],
	target: string,
	totals: ScrapeTotals | undefined,
): Finding | undefined {
	const sizes = pools.map(([, rows]) => rows[0]).filter(row => row !== undefined);
	const all = totals?.all ?? sizes.reduce((sum, row) => sum + row.poolSize, 0);
	const down = totals?.down ?? sizes.reduce((sum, row) => sum + row.poolDown, 0);
	const affected = sizes.filter(row => row.poolDown > 0);
	if (affected.length < cutOffPools || down < all * cutOffShare) return undefined;
	return createFinding(networkCutOff, {
		id: `${target}/scrape/cut-off`,
		target,
		severity: 'crit',
		sentence: `${target} reaches only ${formatThousands(all - down)} of ${formatThousands(all)} targets: check its own network and DNS first`,
		kind: 'prometheus.target',
		evidence: affected.slice(0, 5).map(row => `${row.pool}: ${row.poolDown} of ${row.poolSize} down`),
	});
}

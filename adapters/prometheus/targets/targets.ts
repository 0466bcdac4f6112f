import {defineSource} from '../../../src/contract/define.ts';
import type {Labels, Note} from '../../../src/contract/row.ts';
import {compareSeverity} from '../../../src/contract/severity.ts';
import {
	type PrometheusServerGauge,
	prometheusServerFindings,
	prometheusServerGaugeIds,
	prometheusServerGauges,
	ruleNotes,
} from '../../../src/model/prometheus/prometheus-server.ts';
import {type ScrapeTotals, scrapeFindings} from '../../../src/model/prometheus/scrape-findings.ts';
import {type ScrapeFacts, type ScrapeRow, scrapeRow} from '../../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, PrometheusSettings, ScrapeTarget} from '../../../src/port/prometheus.ts';
import {mapInSlices, yieldToLoop} from '../../../src/time/yield.ts';
import {curlQueryCommand, curlReadCommand} from '../cli-equivalent.ts';
import {createStateReader} from '../server-state.ts';
import type {PoolSize} from './pool-cache.ts';
import {createPoolDetails, type PoolDetails} from './pool-details.ts';
import {
	countQuery,
	createUpReader,
	downCountQuery,
	downQuery,
	jobOf,
	type UpFacts,
	type UpResult,
} from './up-metric.ts';

/** Targets that are down come first, and every pool has some rows: an inspection shows the rest. */
const maxRows = 1000;
/** Milliseconds. A longer scrape may be near its timeout, which only the read of its pool shows. */
const slowMs = 1000;

/** The targets that Prometheus scrapes: which are down, and why. */
export const targetsSource = defineSource<ScrapeRow, PrometheusPort, PrometheusSettings>()({
	kind: 'prometheus.target',
	title: 'Targets',
	gauges: prometheusServerGaugeIds,
	intervalMs: 10_000,
	timeoutMs: 20_000,
	cost: 'cheap',
	cliEquivalent: target => [
		...[countQuery, downCountQuery, downQuery].map(expression => curlQueryCommand(target, expression)),
		curlReadCommand(target, '/api/v1/targets', [
			['state', 'active'],
			['scrapePool', 'POOL'],
		]),
	],
	open(port, target) {
		const readUp = createUpReader(port);
		const readDetails = createPoolDetails(port);
		const readState = createStateReader(port);
		let slow: ReadonlySet<string> = new Set();
		return async context => {
			const [up, {state, notes}] = await Promise.all([readUp(context), readState(context)]);
			const details = await readDetails(suspectJobs(up), context);
			const rules = state.rules?.ofUp ?? [];
			const found = await rowsOf(up, details, target.name, slow);
			const rows =
				rules.length === 0 ? found : found.map(row => (row.health === 'down' ? {...row, coveredByRules: rules} : row));
			slow = new Set(rows.flatMap(row => (row.severity === 'warn' ? [row.id] : [])));
			await yieldToLoop();
			const shown = limitRows(rows);
			const warnings: Note[] = up.warnings.map(text => ({text, severity: 'unknown'}));
			return {
				rows: shown,
				gauges: prometheusServerGauges({...state, targets: {all: up.all, down: up.down}}),
				// Targets that were not scraped yet have no series: only the read of their pool shows them.
				omitted: Math.max(up.all, rows.length) - shown.length,
				notes: [...warnings, ...notes, ...details.notes, ...ruleNotes(state.rules)],
			};
		};
	},
	findings: (snapshot, _previous, {target}) => [
		...prometheusServerFindings(snapshot, target),
		...scrapeFindings(snapshot.rows, target, totalsOf(snapshot.gauges)),
	],
});

/** The numbers of all targets, from the gauge: rows may have been omitted. */
function totalsOf(gauges: readonly PrometheusServerGauge[]): ScrapeTotals | undefined {
	const up = gauges.find(({id}) => id === 'up');
	if (up?.value === undefined || up.limit === undefined) return undefined;
	return {all: up.limit, down: up.limit - up.value};
}

/** Jobs with something down, the fewest targets first; then those with a slow scrape. */
function suspectJobs({jobSizes: sizes, series}: UpResult) {
	const slow = new Set(series.filter(({tookMs}) => (tookMs ?? 0) >= slowMs).map(({labels}) => jobOf(labels)));
	return [...sizes]
		.filter(([job, {down}]) => down > 0 || slow.has(job))
		.sort(([, a], [, b]) => Number(a.down === 0) - Number(b.down === 0) || a.all - b.all)
		.map(([job, {all}]) => ({job, size: all}));
}

/** The rows of all series and of targets without one. `slow`: ids of the rows whose scrapes were slow in the previous read. */
async function rowsOf(
	up: UpResult,
	details: PoolDetails,
	target: string,
	slow: ReadonlySet<string>,
): Promise<readonly ScrapeRow[]> {
	const sizeOf = (pool: string, labels: Labels): PoolSize =>
		details.sizes.get(pool) ?? up.jobSizes.get(jobOf(labels)) ?? {all: 1, down: 0};
	const seen = new Set<string>();
	const rows = await mapInSlices(up.series, facts => {
		seen.add(facts.selector);
		const same = details.targets.get(facts.selector);
		if (same === undefined) return [scrapeRow(target, factsOf(facts, sizeOf(jobOf(facts.labels), facts.labels)))];
		return same.map((detail, index) =>
			scrapeRow(target, withPoolDetails(detail, facts, up.at, sizeOf(detail.pool, detail.labels)), index > 0, slow),
		);
	});
	// A new target is not scraped yet and has no series. A removed one has no series either, but was scraped.
	const unscraped = [...details.targets]
		.filter(([key]) => !seen.has(key))
		.flatMap(([, same]) => same.filter(({health}) => health === 'unknown'))
		.map(detail => scrapeRow(target, withPoolDetails(detail, undefined, up.at, sizeOf(detail.pool, detail.labels))));
	return [...rows.flat(), ...unscraped];
}

const factsOf = ({labels, isUp: up, scrapedAt, tookMs}: UpFacts, {all, down}: PoolSize): ScrapeFacts => ({
	pool: jobOf(labels),
	instance: labels['instance'] ?? '',
	labels,
	url: undefined,
	health: up ? 'up' : 'down',
	error: '',
	scrapedAt,
	tookMs,
	timeoutMs: undefined,
	intervalMs: undefined,
	poolSize: all,
	poolDown: down,
});

/** The facts of one target. `at`: when `up` was evaluated; when that is after the scrape that the pool shows, `up` has the newer health. */
function withPoolDetails(
	detail: ScrapeTarget,
	up: UpFacts | undefined,
	at: number,
	{all, down}: PoolSize,
): ScrapeFacts {
	const newer = up !== undefined && at > (detail.scrapedAt ?? 0);
	const health = newer ? (up.isUp ? 'up' : 'down') : detail.health;
	const later = newer && (up.scrapedAt ?? 0) > (detail.scrapedAt ?? 0);
	return {
		pool: detail.pool,
		instance: detail.labels['instance'] ?? '',
		labels: detail.labels,
		url: detail.url,
		health,
		error: health === 'down' ? detail.error : '',
		scrapedAt: later ? up.scrapedAt : detail.scrapedAt,
		tookMs: later ? up.tookMs : detail.tookMs,
		timeoutMs: detail.timeoutMs,
		intervalMs: detail.intervalMs,
		poolSize: all,
		poolDown: down,
	};
}

const byName = (a: ScrapeRow, b: ScrapeRow): number =>
	a.pool === b.pool ? (a.id < b.id ? -1 : 1) : a.pool < b.pool ? -1 : 1;

/** The first `count` rows of each pool. */
const firstOfEachPool = (rows: readonly ScrapeRow[], count: number): readonly ScrapeRow[] =>
	[...Map.groupBy(rows, row => row.pool).values()].flatMap(all => all.slice(0, count));

/** Limits the rows: first those that are not ok, some of every pool, because findings come from rows; then as many others of each pool. */
function limitRows(rows: readonly ScrapeRow[]): readonly ScrapeRow[] {
	const worstFirst = (unsorted: readonly ScrapeRow[]) =>
		unsorted.toSorted((a, b) => compareSeverity(a.severity, b.severity) || byName(a, b));
	if (rows.length <= maxRows) return worstFirst(rows);
	const pools = new Set(rows.map(row => row.pool)).size;
	const bad = rows.filter(row => row.severity !== 'ok');
	const some = new Set(firstOfEachPool(bad, Math.max(1, Math.floor(maxRows / pools))));
	const shown = bad.length <= maxRows ? bad : [...some, ...bad.filter(row => !some.has(row))].slice(0, maxRows);
	const healthy = rows.filter(row => row.severity === 'ok');
	return [
		...worstFirst(shown),
		...firstOfEachPool(healthy, Math.floor((maxRows - shown.length) / pools)).toSorted(byName),
	];
}

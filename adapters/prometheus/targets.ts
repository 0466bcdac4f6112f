import {defineSource} from '../../src/contract/define.ts';
import type {Gauge, Labels, Note} from '../../src/contract/row.ts';
import {compareSeverity} from '../../src/contract/severity.ts';
import {
	prometheusServerFindings,
	prometheusServerGauges,
	ruleNotes,
} from '../../src/model/prometheus/prometheus-server.ts';
import {type ScrapeTotals, scrapeFindings} from '../../src/model/prometheus/scrape-findings.ts';
import {type ScrapeFacts, type ScrapeRow, scrapeRow} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, PrometheusSettings, ScrapeTarget} from '../../src/port/prometheus.ts';
import {mapInSlices, yieldToLoop} from '../../src/time/yield.ts';
import {curlQueryCommand, curlReadCommand} from './cli-equivalent.ts';
import {createPoolDetails, type PoolDetails, type PoolSize} from './pool-details.ts';
import {createStateReader} from './server-state.ts';
import {
	countQuery,
	createUpReader,
	downCountQuery,
	downQuery,
	jobOf,
	type UpFacts,
	type UpResult,
} from './up-metric.ts';

/** What is down is shown first, and of every pool something: a person opens the rest. */
const shown = 1000;
/** A scrape so long may be near its timeout, which only its pool tells. */
const slowMs = 1000;

/** The targets that Prometheus scrapes: which are down, and why. */
export const targetsSource = defineSource<ScrapeRow, PrometheusPort, PrometheusSettings>()({
	kind: 'prometheus.target',
	title: 'Targets',
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
			const read = await rowsOf(up, details, target.name, slow);
			const rows =
				rules.length === 0 ? read : read.map(row => (row.health === 'down' ? {...row, coveredByRules: rules} : row));
			slow = new Set(rows.flatMap(row => (row.severity === 'warn' ? [row.id] : [])));
			await yieldToLoop();
			const kept = limitRows(rows);
			const told: Note[] = up.warnings.map(text => ({text, severity: 'unknown'}));
			return {
				rows: kept,
				gauges: prometheusServerGauges({...state, targets: {all: up.all, down: up.down}}),
				// Targets that are not scraped yet have no series: only their pool knows them.
				omitted: Math.max(up.all, rows.length) - kept.length,
				notes: [...told, ...notes, ...details.notes, ...ruleNotes(state.rules)],
			};
		};
	},
	findings: (snapshot, _previous, {target}) => [
		...prometheusServerFindings(snapshot, target),
		...scrapeFindings(snapshot.rows, target, totalsOf(snapshot.gauges)),
	],
});

/** The gauge of all targets, which the rows are only some of. */
function totalsOf(gauges: readonly Gauge[]): ScrapeTotals | undefined {
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

/** `slow`: ids of the rows whose scrapes were slow at the read before. */
async function rowsOf(
	up: UpResult,
	details: PoolDetails,
	target: string,
	slow: ReadonlySet<string>,
): Promise<readonly ScrapeRow[]> {
	const sizeOf = (pool: string, labels: Labels): PoolSize =>
		details.sizes.get(pool) ?? up.jobSizes.get(jobOf(labels)) ?? {all: 1, down: 0};
	const seen = new Set<string>();
	const rows = await mapInSlices(up.series, one => {
		seen.add(one.selector);
		const known = details.targets.get(one.selector);
		if (known === undefined) return [scrapeRow(target, factsOf(one, sizeOf(jobOf(one.labels), one.labels)))];
		return known.map((each, index) =>
			scrapeRow(target, withPoolDetails(each, one, up.at, sizeOf(each.pool, each.labels)), index > 0, slow),
		);
	});
	// What has just come is not scraped yet, and has no series; what has just gone has none any more.
	const fresh = [...details.targets]
		.filter(([key]) => !seen.has(key))
		.flatMap(([, same]) => same.filter(({health}) => health === 'unknown'))
		.map(each => scrapeRow(target, withPoolDetails(each, undefined, up.at, sizeOf(each.pool, each.labels))));
	return [...rows.flat(), ...fresh];
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

/** `at`: when `up` was evaluated. The pool may have been read before the last scrape: then `up` knows better how that ended. */
function withPoolDetails(known: ScrapeTarget, up: UpFacts | undefined, at: number, {all, down}: PoolSize): ScrapeFacts {
	const newer = up !== undefined && at > (known.scrapedAt ?? 0);
	const health = newer ? (up.isUp ? 'up' : 'down') : known.health;
	const later = newer && (up.scrapedAt ?? 0) > (known.scrapedAt ?? 0);
	return {
		pool: known.pool,
		instance: known.labels['instance'] ?? '',
		labels: known.labels,
		url: known.url,
		health,
		error: health === 'down' ? known.error : '',
		scrapedAt: later ? up.scrapedAt : known.scrapedAt,
		tookMs: later ? up.tookMs : known.tookMs,
		timeoutMs: known.timeoutMs,
		intervalMs: known.intervalMs,
		poolSize: all,
		poolDown: down,
	};
}

const byName = (a: ScrapeRow, b: ScrapeRow): number =>
	a.pool === b.pool ? (a.id < b.id ? -1 : 1) : a.pool < b.pool ? -1 : 1;

/** Of each pool the first `share`. */
const firstOfEachPool = (rows: readonly ScrapeRow[], share: number): readonly ScrapeRow[] =>
	[...Map.groupBy(rows, row => row.pool).values()].flatMap(all => all.slice(0, share));

/** All that is not well first, and of every pool something: a finding is told from the rows. Then the same share of every pool. */
function limitRows(rows: readonly ScrapeRow[]): readonly ScrapeRow[] {
	const worstFirst = (some: readonly ScrapeRow[]) =>
		some.toSorted((a, b) => compareSeverity(a.severity, b.severity) || byName(a, b));
	if (rows.length <= shown) return worstFirst(rows);
	const pools = new Set(rows.map(row => row.pool)).size;
	const bad = rows.filter(row => row.severity !== 'ok');
	const some = new Set(firstOfEachPool(bad, Math.max(1, Math.floor(shown / pools))));
	const told = bad.length <= shown ? bad : [...some, ...bad.filter(row => !some.has(row))].slice(0, shown);
	const well = rows.filter(row => row.severity === 'ok');
	return [...worstFirst(told), ...firstOfEachPool(well, Math.floor((shown - told.length) / pools)).toSorted(byName)];
}

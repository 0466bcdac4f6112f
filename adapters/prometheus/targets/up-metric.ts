import type {Context} from '../../../src/contract/context.ts';
import type {Labels} from '../../../src/contract/row.ts';
import {selectorOf} from '../../../src/model/prometheus/scrape-target.ts';
import type {InstantVector, PrometheusPort, Sample} from '../../../src/port/prometheus.ts';
import {mapInSlices} from '../../../src/time/yield.ts';

/** The facts of one target that every server with PromQL has. */
export type UpFacts = {
	/** Its PromQL selector. */
	readonly selector: string;
	readonly labels: Labels;
	readonly isUp: boolean;
	/** Epoch milliseconds, and milliseconds; undefined on servers with too many targets to read it for each. */
	readonly scrapedAt: number | undefined;
	readonly tookMs: number | undefined;
};

export type UpResult = {
	/** When it was evaluated, in epoch milliseconds by the server's clock. */
	readonly at: number;
	/** How many targets each job has, and how many are down. The empty name is for targets without a job. */
	readonly jobSizes: ReadonlyMap<string, {readonly all: number; readonly down: number}>;
	readonly all: number;
	readonly down: number;
	/** Every target that is down, and the others up to 20,000 targets. */
	readonly series: readonly UpFacts[];
	readonly warnings: readonly string[];
};

export const countQuery = 'count by (job) (up)';
export const downCountQuery = 'count by (job) (up == 0)';
export const downQuery = 'up == 0';

/** Up to this number, all facts of each target are read at every poll: half a megabyte before compression. */
const fewTargets = 1000;
/** Above this number only targets that are down are listed: the others could not be shown anyway. */
const manyTargets = 20_000;
/** Milliseconds that the list of a larger server is cached. Targets that are down are always read. */
const listCacheMs = 60_000;

export const jobOf = (labels: Labels): string => labels['job'] ?? '';

const countsOf = ({samples}: InstantVector): ReadonlyMap<string, number> =>
	new Map(samples.map(({labels, value}) => [jobOf(labels), value]));

/** Returns a function that reads `up`, and caches the long list of a large server. */
export function createUpReader(port: PrometheusPort): (context: Context) => Promise<UpResult> {
	let list: {readonly at: number; readonly all: number; readonly series: readonly UpFacts[]} | undefined;

	async function listAll(all: number, context: Context): Promise<readonly UpFacts[]> {
		if (all > manyTargets) return [];
		if (all <= fewTargets) return readFew(port, context);
		const now = context.now();
		if (list === undefined || now - list.at > listCacheMs || list.all !== all) {
			const {samples} = await port.query('up', context);
			list = {at: now, all, series: await mapInSlices(samples, sample => factsOf(sample, undefined, undefined))};
		}
		return list.series;
	}

	return async context => {
		const [counts, downCounts, downs] = await Promise.all([
			port.query(countQuery, context),
			port.query(downCountQuery, context),
			port.query(downQuery, context),
		]);
		const down = countsOf(downCounts);
		const sizes = new Map([...countsOf(counts)].map(([job, all]) => [job, {all, down: down.get(job) ?? 0}]));
		const all = sum([...sizes.values()].map(size => size.all));
		const others = await listAll(all, context);
		const downFacts = await mapInSlices(downs.samples, sample => factsOf(sample, undefined, undefined));
		const byKey = new Map(await mapInSlices(others, facts => [facts.selector, facts] as const));
		const series = downFacts.map(facts => ({...(byKey.get(facts.selector) ?? facts), isUp: false}));
		const seen = new Set(series.map(({selector: key}) => key));
		// The list of a large server may be a minute old: a target that is not down now is up.
		const rest = await mapInSlices(others, facts => {
			if (seen.has(facts.selector)) return [];
			return facts.isUp || all <= fewTargets ? [facts] : [{...facts, isUp: true}];
		});
		const warnings = [...new Set([counts, downCounts, downs].flatMap(vector => vector.warnings))];
		const at = counts.samples[0]?.at ?? 0;
		return {
			at,
			jobSizes: sizes,
			all,
			down: sum([...sizes.values()].map(size => size.down)),
			series: [...series, ...rest.flat()],
			warnings,
		};
	};
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

const factsOf = ({labels, value}: Sample, scrapedAt: number | undefined, tookMs: number | undefined): UpFacts => ({
	selector: selectorOf(labels),
	labels: withoutName(labels),
	isUp: value !== 0,
	scrapedAt,
	tookMs,
});

const withoutName = ({__name__: _, ...labels}: Labels): Labels => labels;

async function readFew(port: PrometheusPort, context: Context): Promise<readonly UpFacts[]> {
	const [up, at, took] = await Promise.all([
		port.query('up', context),
		port.query('timestamp(up)', context),
		port.query('scrape_duration_seconds', context),
	]);
	const valuesOf = ({samples}: InstantVector) =>
		new Map(samples.map(({labels, value}) => [selectorOf(labels), value * 1000]));
	const scrapedAts = valuesOf(at);
	const durations = valuesOf(took);
	return up.samples.map(sample => {
		const key = selectorOf(sample.labels);
		return factsOf(sample, scrapedAts.get(key), durations.get(key));
	});
}

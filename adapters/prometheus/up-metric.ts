import type {Context} from '../../src/contract/context.ts';
import type {Labels} from '../../src/contract/row.ts';
import {selectorOf} from '../../src/model/prometheus/scrape-target.ts';
import type {InstantVector, PrometheusPort, Sample} from '../../src/port/prometheus.ts';
import {mapInSlices} from '../../src/time/yield.ts';

/** What every server that speaks PromQL tells of its targets. */
export type UpFacts = {
	/** As PromQL selects it. */
	readonly selector: string;
	readonly labels: Labels;
	readonly isUp: boolean;
	/** Epoch milliseconds and milliseconds; undefined where there are too many targets to ask it of each. */
	readonly scrapedAt: number | undefined;
	readonly tookMs: number | undefined;
};

export type UpResult = {
	/** When it was evaluated, in epoch milliseconds by the server's clock. */
	readonly at: number;
	/** By job; the empty one is that of targets without one. */
	readonly jobSizes: ReadonlyMap<string, {readonly all: number; readonly down: number}>;
	readonly all: number;
	readonly down: number;
	/** Every target that is down, and of the others those that `listed` tells of. */
	readonly series: readonly UpFacts[];
	readonly warnings: readonly string[];
};

export const countQuery = 'count by (job) (up)';
export const downCountQuery = 'count by (job) (up == 0)';
export const downQuery = 'up == 0';

/** Up to so many targets everything is asked of each at every poll: half a megabyte before it is packed. */
const fewTargets = 1000;
/** Beyond so many only those that are down are listed: the rest could not be shown anyway. */
const manyTargets = 20_000;
/** How old the list of a larger server may become. What is down is always read. */
const listFreshMs = 60_000;

export const jobOf = (labels: Labels): string => labels['job'] ?? '';

const countsOf = ({samples}: InstantVector): ReadonlyMap<string, number> =>
	new Map(samples.map(({labels, value}) => [jobOf(labels), value]));

/** Reads `up`. What changes slowly is kept between two polls. */
export function createUpReader(port: PrometheusPort): (context: Context) => Promise<UpResult> {
	let list: {readonly at: number; readonly all: number; readonly series: readonly UpFacts[]} | undefined;

	async function listed(all: number, context: Context): Promise<readonly UpFacts[]> {
		if (all > manyTargets) return [];
		if (all <= fewTargets) return readFew(port, context);
		const now = context.now();
		if (list === undefined || now - list.at > listFreshMs || list.all !== all) {
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
		const others = await listed(all, context);
		const lost = await mapInSlices(downs.samples, sample => factsOf(sample, undefined, undefined));
		const byKey = new Map(await mapInSlices(others, one => [one.selector, one] as const));
		const series = lost.map(one => ({...(byKey.get(one.selector) ?? one), isUp: false}));
		const seen = new Set(series.map(({selector: key}) => key));
		// The list of a large server may be a minute old: what is not down now is up.
		const rest = await mapInSlices(others, one => {
			if (seen.has(one.selector)) return [];
			return one.isUp || all <= fewTargets ? [one] : [{...one, isUp: true}];
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

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

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
	const ats = valuesOf(at);
	const tooks = valuesOf(took);
	return up.samples.map(sample => {
		const key = selectorOf(sample.labels);
		return factsOf(sample, ats.get(key), tooks.get(key));
	});
}

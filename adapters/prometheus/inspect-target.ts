import {defineInspection} from '../../src/contract/define.ts';
import type {Line} from '../../src/contract/document.ts';
import {type ScrapeRow, selectorOf} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, ScrapeTarget} from '../../src/port/prometheus.ts';
import {duration, grouped, millis} from '../../src/text/format.ts';
import {queryLine, readLine} from './cli-equivalent.ts';
import {fact, moment, named} from './document-lines.ts';

/** What its own exposition costs, as Prometheus counted it at the last scrape. */
const figures: readonly (readonly [metric: string, label: string])[] = [
	['scrape_samples_scraped', 'samples'],
	['scrape_samples_post_metric_relabeling', 'kept'],
	['scrape_series_added', 'new series'],
];

/** Its labels tell a target, and its address where two have the same labels. */
export const isRow = (row: ScrapeRow) => (target: ScrapeTarget) =>
	selectorOf(target.labels) === selectorOf(row.labels) && (row.url === undefined || target.url === row.url);

/** One target, read again from the server that scrapes it: why it fails, how long it has, and what it is worth. */
export const inspectTarget = defineInspection<ScrapeRow, PrometheusPort>()({
	id: 'prometheus.describe-target',
	title: 'Target',
	key: 'd',
	kind: 'prometheus.target',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const selector = selectorOf(row.labels);
		const [pool, samples, down] = await Promise.all([
			port.targets(row.pool, context),
			port.query(`{__name__=~"${figures.map(([metric]) => metric).join('|')}",${selector.slice(1)}`, context),
			port.query(`time() - max_over_time(timestamp((up${selector} == 1))[1h:])`, context),
		]);
		const found = pool?.find(isRow(row));
		const now = context.now();
		const value = (metric: string) => samples.samples.find(({labels}) => labels['__name__'] === metric)?.value;
		const costs = figures.flatMap(([metric, label]) => {
			const figure = value(metric);
			return figure === undefined ? [] : [`${grouped(figure)} ${label}`];
		});
		const {health, error, url, scrapedAt, tookMs, intervalMs, timeoutMs} = found ?? row;
		const upAgo = down.samples[0]?.value;
		const every = intervalMs === undefined ? 'not told' : millis(intervalMs);
		const limit = timeoutMs === undefined ? '' : `, gives up after ${millis(timeoutMs)}`;
		return {
			title: `${row.pool} ${row.instance}`,
			reads: [
				readLine(target, '/api/v1/targets', [
					['state', 'active'],
					['scrapePool', row.pool],
				]),
				queryLine(target, `up${selector}`),
			],
			lines: [
				...remark(pool, found),
				...(health === 'down' ? [{text: error || 'down', severity: 'crit' as const, loud: true}, {text: ''}] : []),
				fact('address', url ?? 'not told'),
				fact('health', health),
				...(health === 'down'
					? [fact('last up', upAgo === undefined ? 'not within the last hour' : `${duration(upAgo)} ago`)]
					: []),
				fact('last scrape', scrapedAt === undefined ? 'not told' : `${moment(scrapedAt, now)}, took ${millis(tookMs)}`),
				fact('every', `${every}${limit}`),
				...(costs.length === 0 ? [] : [fact('its page', costs.join(', '))]),
				...(pool === undefined || found === undefined ? [] : [fact('its pool', poolText(row.pool, pool))]),
				...named('Labels', row.labels),
			],
		};
	},
});

function remark(pool: readonly ScrapeTarget[] | undefined, found: ScrapeTarget | undefined): readonly Line[] {
	if (pool === undefined) {
		return [
			{text: 'This server has no /api/v1/targets: what follows is what its series tell.', severity: 'unknown'},
			{text: ''},
		];
	}
	return found === undefined ? [{text: 'It is scraped no more. Last seen:', severity: 'warn'}, {text: ''}] : [];
}

function poolText(name: string, targets: readonly ScrapeTarget[]): string {
	const own = targets.filter(({pool}) => pool === name);
	const down = own.filter(({health}) => health === 'down').length;
	return `${name}, ${grouped(own.length)} ${own.length === 1 ? 'target' : 'targets'}${down === 0 ? ', none down' : `, ${grouped(down)} down`}`;
}

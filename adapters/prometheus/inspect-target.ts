import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import {type ScrapeRow, selectorOf} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, PrometheusSettings, ScrapeTarget} from '../../src/port/prometheus.ts';
import {formatDuration, formatMillis, formatThousands} from '../../src/text/format.ts';
import {curlQueryCommand, curlReadCommand} from './cli-equivalent.ts';
import {factLine, formatTime, labelLines} from './document-lines.ts';

/** What its own exposition costs, as Prometheus counted it at the last scrape. */
const figures: readonly (readonly [metric: string, label: string])[] = [
	['scrape_samples_scraped', 'samples'],
	['scrape_samples_post_metric_relabeling', 'kept'],
	['scrape_series_added', 'new series'],
];

/** Its labels tell a target, and its address where two have the same labels. */
export const matchesRow = (row: ScrapeRow) => (target: ScrapeTarget) =>
	selectorOf(target.labels) === selectorOf(row.labels) && (row.url === undefined || target.url === row.url);

/** One target, read again from the server that scrapes it: why it fails, how long it has, and what it is worth. */
export const inspectTarget = defineInspection<ScrapeRow, PrometheusPort, PrometheusSettings>()({
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
		const found = pool?.find(matchesRow(row));
		const now = context.now();
		const value = (metric: string) => samples.samples.find(({labels}) => labels['__name__'] === metric)?.value;
		const costs = figures.flatMap(([metric, label]) => {
			const figure = value(metric);
			return figure === undefined ? [] : [`${formatThousands(figure)} ${label}`];
		});
		const {health, error, url, scrapedAt, tookMs, intervalMs, timeoutMs} = found ?? row;
		const upAgo = down.samples[0]?.value;
		const every = intervalMs === undefined ? 'not told' : formatMillis(intervalMs);
		const limit = timeoutMs === undefined ? '' : `, gives up after ${formatMillis(timeoutMs)}`;
		return {
			title: `${row.pool} ${row.instance}`,
			cliEquivalent: [
				curlReadCommand(target, '/api/v1/targets', [
					['state', 'active'],
					['scrapePool', row.pool],
				]),
				curlQueryCommand(target, `up${selector}`),
			],
			lines: [
				...poolRemarkLines(pool, found),
				...(health === 'down' ? [{text: error || 'down', severity: 'crit' as const, loud: true}, {text: ''}] : []),
				factLine('address', url ?? 'not told'),
				factLine('health', health),
				...(health === 'down'
					? [factLine('last up', upAgo === undefined ? 'not within the last hour' : `${formatDuration(upAgo)} ago`)]
					: []),
				factLine(
					'last scrape',
					scrapedAt === undefined ? 'not told' : `${formatTime(scrapedAt, now)}, took ${formatMillis(tookMs)}`,
				),
				factLine('every', `${every}${limit}`),
				...(costs.length === 0 ? [] : [factLine('its page', costs.join(', '))]),
				...(pool === undefined || found === undefined ? [] : [factLine('its pool', poolText(row.pool, pool))]),
				...labelLines('Labels', row.labels),
			],
		};
	},
});

function poolRemarkLines(
	pool: readonly ScrapeTarget[] | undefined,
	found: ScrapeTarget | undefined,
): readonly DocumentLine[] {
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
	return `${name}, ${formatThousands(own.length)} ${own.length === 1 ? 'target' : 'targets'}${down === 0 ? ', none down' : `, ${formatThousands(down)} down`}`;
}

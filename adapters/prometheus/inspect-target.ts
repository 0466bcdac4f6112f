import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import {factLine, formatTimeAndAge, labelLines} from '../../src/model/document-lines.ts';
import {type ScrapeRow, selectorOf} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, PrometheusSettings, ScrapeTarget} from '../../src/port/prometheus.ts';
import {formatDuration, formatMillis, formatThousands} from '../../src/text/format.ts';
import {curlQueryCommand, curlReadCommand} from './cli-equivalent.ts';

/** The metrics of Prometheus about the last scrape of a target. */
const figures: readonly (readonly [metric: string, label: string])[] = [
	['scrape_samples_scraped', 'samples'],
	['scrape_samples_post_metric_relabeling', 'after relabeling'],
	['scrape_series_added', 'new series'],
];

/** Whether a target is that of the row: it has the same labels, and the same URL where the row has one, as two targets may have the same labels. */
export const matchesRow = (row: ScrapeRow) => (target: ScrapeTarget) =>
	selectorOf(target.labels) === selectorOf(row.labels) && (row.url === undefined || target.url === row.url);

/** One target, read again: its error, its last scrape, when it was last up, and its labels. */
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
		const current = pool?.find(matchesRow(row));
		const now = context.now();
		const value = (metric: string) => samples.samples.find(({labels}) => labels['__name__'] === metric)?.value;
		const counts = figures.flatMap(([metric, label]) => {
			const figure = value(metric);
			return figure === undefined ? [] : [`${formatThousands(figure)} ${label}`];
		});
		const {health, error, url, scrapedAt, tookMs, intervalMs, timeoutMs} = current ?? row;
		const upAgo = down.samples[0]?.value;
		const interval = intervalMs === undefined ? 'unknown' : formatMillis(intervalMs);
		const timeout = timeoutMs === undefined ? '' : `, timeout ${formatMillis(timeoutMs)}`;
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
				...poolRemarkLines(pool, current),
				...(health === 'down' ? [{text: error || 'down', severity: 'crit' as const, loud: true}, {text: ''}] : []),
				factLine('address', url ?? 'unknown'),
				factLine('health', health),
				...(health === 'down'
					? [factLine('last up', upAgo === undefined ? 'not within the last hour' : `${formatDuration(upAgo)} ago`)]
					: []),
				factLine(
					'last scrape',
					scrapedAt === undefined ? 'unknown' : `${formatTimeAndAge(scrapedAt, now)}, took ${formatMillis(tookMs)}`,
				),
				factLine('interval', `${interval}${timeout}`),
				...(counts.length === 0 ? [] : [factLine('its page', counts.join(', '))]),
				...(pool === undefined || current === undefined ? [] : [factLine('its pool', poolText(row.pool, pool))]),
				...labelLines('Labels', row.labels),
			],
		};
	},
});

function poolRemarkLines(
	pool: readonly ScrapeTarget[] | undefined,
	current: ScrapeTarget | undefined,
): readonly DocumentLine[] {
	if (pool === undefined) {
		return [
			{text: 'This server has no /api/v1/targets: the facts below come from its series.', severity: 'unknown'},
			{text: ''},
		];
	}
	return current === undefined ? [{text: 'It is no longer scraped. As last read:', severity: 'warn'}, {text: ''}] : [];
}

function poolText(name: string, targets: readonly ScrapeTarget[]): string {
	const own = targets.filter(({pool}) => pool === name);
	const down = own.filter(({health}) => health === 'down').length;
	return `${name}, ${formatThousands(own.length)} ${own.length === 1 ? 'target' : 'targets'}${down === 0 ? ', none down' : `, ${formatThousands(down)} down`}`;
}

import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import {type ScrapeRow, scrapeCause} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, PrometheusSettings, ScrapeTarget} from '../../src/port/prometheus.ts';
import {formatDuration, formatMillis, formatThousands} from '../../src/text/format.ts';
import {curlReadCommand} from './cli-equivalent.ts';

/** The number of the others is shown. */
const maxLines = 2000;

const rank = {down: 0, unknown: 1, up: 2} as const;

/** Every target of the row's pool: down ones first, then the longest scrapes. */
export const inspectPool = defineInspection<ScrapeRow, PrometheusPort, PrometheusSettings>()({
	id: 'prometheus.pool',
	title: 'Targets of its pool',
	key: 'b',
	kind: 'prometheus.target',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const reads = [
			curlReadCommand(target, '/api/v1/targets', [
				['state', 'active'],
				['scrapePool', row.pool],
			]),
		];
		const all = await port.targets(row.pool, context);
		if (all === undefined) {
			const text = 'This server has no /api/v1/targets: only the server that scrapes lists the targets of a pool.';
			return {title: `Pool ${row.pool}`, cliEquivalent: reads, lines: [{text, severity: 'unknown'}]};
		}
		const own = all
			.filter(({pool}) => pool === row.pool)
			.sort((a, b) => rank[a.health] - rank[b.health] || (b.tookMs ?? 0) - (a.tookMs ?? 0));
		const count = (health: ScrapeTarget['health']) => own.filter(target => target.health === health).length;
		const now = context.now();
		const lines = own.slice(0, maxLines).map((scraped): DocumentLine => {
			const last =
				scraped.scrapedAt === undefined ? 'never' : `${formatDuration((now - scraped.scrapedAt) / 1000)} ago`;
			const took = scraped.tookMs === undefined ? '' : formatMillis(scraped.tookMs);
			const text = `${scraped.health.padEnd(8)}${last.padStart(9)}${took.padStart(8)}  ${scraped.url}${scraped.error === '' ? '' : `  ${scrapeCause(scraped.error)}`}`;
			return scraped.health === 'up' ? {text} : {text, severity: scraped.health === 'down' ? 'crit' : 'unknown'};
		});
		return {
			title: `Pool ${row.pool}: ${formatThousands(count('up'))} of ${formatThousands(own.length)} up, ${formatThousands(count('down'))} down`,
			cliEquivalent: reads,
			lines: [
				{text: `${'HEALTH'.padEnd(8)}${'LAST'.padStart(9)}${'TOOK'.padStart(8)}  ADDRESS`, loud: true},
				...lines,
				...(own.length > maxLines ? [{text: `… ${formatThousands(own.length - maxLines)} more`}] : []),
				...(own.length === 0 ? [{text: 'It has no targets: check service discovery.'}] : []),
			],
		};
	},
});

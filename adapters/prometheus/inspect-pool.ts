import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import {type ScrapeRow, scrapeCause} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusPort, PrometheusSettings, ScrapeTarget} from '../../src/port/prometheus.ts';
import {formatDuration, formatMillis, formatThousands} from '../../src/text/format.ts';
import {curlReadCommand} from './cli-equivalent.ts';

/** More than anybody reads; the rest is told. */
const shown = 2000;

const rank = {down: 0, unknown: 1, up: 2} as const;

/** Every target of the pool that the row is in, what is down first, then the longest scrapes. */
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
			const text = 'This server has no /api/v1/targets: only the server that scrapes tells the targets of a pool.';
			return {title: `Pool ${row.pool}`, cliEquivalent: reads, lines: [{text, severity: 'unknown'}]};
		}
		const own = all
			.filter(({pool}) => pool === row.pool)
			.sort((a, b) => rank[a.health] - rank[b.health] || (b.tookMs ?? 0) - (a.tookMs ?? 0));
		const count = (health: ScrapeTarget['health']) => own.filter(one => one.health === health).length;
		const now = context.now();
		const lines = own.slice(0, shown).map((one): DocumentLine => {
			const last = one.scrapedAt === undefined ? 'never' : `${formatDuration((now - one.scrapedAt) / 1000)} ago`;
			const took = one.tookMs === undefined ? '' : formatMillis(one.tookMs);
			const text = `${one.health.padEnd(8)}${last.padStart(9)}${took.padStart(8)}  ${one.url}${one.error === '' ? '' : `  ${scrapeCause(one.error)}`}`;
			return one.health === 'up' ? {text} : {text, severity: one.health === 'down' ? 'crit' : 'unknown'};
		});
		return {
			title: `Pool ${row.pool}: ${formatThousands(count('up'))} of ${formatThousands(own.length)} up, ${formatThousands(count('down'))} down`,
			cliEquivalent: reads,
			lines: [
				{text: `${'HEALTH'.padEnd(8)}${'LAST'.padStart(9)}${'TOOK'.padStart(8)}  ADDRESS`, loud: true},
				...lines,
				...(own.length > shown ? [{text: `… ${formatThousands(own.length - shown)} more`}] : []),
				...(own.length === 0 ? [{text: 'It has no target any more: look at service discovery.'}] : []),
			],
		};
	},
});

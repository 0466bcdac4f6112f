import {defineInspection} from '../../src/contract/define.ts';
import type {Document, DocumentLine} from '../../src/contract/document.ts';
import {AdapterError} from '../../src/errors.ts';
import {type Exposition, parseExpositionInSlices} from '../../src/model/prometheus/exposition.ts';
import {errorLines, familyLines} from '../../src/model/prometheus/metrics-page.ts';
import type {ScrapeRow} from '../../src/model/prometheus/scrape-target.ts';
import type {PrometheusSettings} from '../../src/port/prometheus.ts';
import type {MetricsPage, PrometheusQueryPort} from '../../src/port/prometheus-ad-hoc-queries.ts';
import {formatBytes, formatMillis, formatThousands} from '../../src/text/format.ts';
import {shellLine} from '../../src/text/quote.ts';
import {runInSlices} from '../../src/time/yield.ts';
import {isHtml} from '../http/refusal.ts';
import {matchesRow} from './inspect-target.ts';

function headLine(page: MetricsPage, read: Exposition): DocumentLine {
	const series = `${formatThousands(read.series + read.omitted)} series in ${formatThousands(read.families.length)} families`;
	const format = read.openMetrics ? 'OpenMetrics' : 'text format';
	return {text: `${series}, ${formatBytes(page.bytes)} of ${format}, read from here in ${formatMillis(page.tookMs)}`};
}

/** The state of the page in the last scrape of Prometheus. */
function scrapeLines({health, error, target}: ScrapeRow): readonly DocumentLine[] {
	if (health === 'down') return [{text: `${target} cannot scrape it: ${error || 'down'}`, severity: 'crit'}];
	return health === 'up' ? [] : [{text: `${target} has not scraped it yet`, severity: 'unknown'}];
}

/** The hint of the client, which names `url` of our configuration, for a URL of the Prometheus configuration. */
const pageHint = (hint: string): string =>
	hint.replace(/`url`(?: in the configuration)?/, 'its address in scrape_configs');

function unreachableDocument(row: ScrapeRow, url: string, error: AdapterError, reads: readonly string[]): Document {
	const compared =
		row.health === 'up'
			? `${row.target} can scrape it: it may be in another network. Read the page from there, or from a machine that reaches it.`
			: `${row.target} cannot scrape it either: ${row.error || row.health}`;
	return {
		title: url,
		lines: [
			{text: `The page could not be read from this machine: ${error.message}`, severity: 'warn', loud: true},
			{text: pageHint(error.hint)},
			{text: ''},
			{text: compared},
		],
		cliEquivalent: reads,
	};
}

/** The metrics page of one target, read from the target itself, with the lines that Prometheus cannot parse. */
export const inspectPage = defineInspection<ScrapeRow, PrometheusQueryPort, PrometheusSettings>()({
	id: 'prometheus.page',
	title: 'Its metrics page',
	key: 'e',
	kind: 'prometheus.target',
	risk: 'none',
	async open(row, {port, ...context}) {
		const url = row.url ?? (await port.targets(row.pool, context))?.find(matchesRow(row))?.url;
		if (url === undefined) {
			const text = 'This server does not report the URLs of its targets: read the page with curl.';
			return {title: row.instance, lines: [{text, severity: 'unknown'}], cliEquivalent: []};
		}
		const reads = [shellLine(['curl', '-fsS', '--max-time', '10', url])];
		let page: MetricsPage;
		try {
			page = await port.fetchPage(url, context);
		} catch (error) {
			if (!(error instanceof AdapterError) || context.signal.aborted) throw error;
			return unreachableDocument(row, url, error, reads);
		}
		if (isHtml(page.contentType, page.text.slice(0, 1000))) {
			const text = 'An HTML page is served there, not metrics: correct the path of the target.';
			return {title: url, lines: [{text, severity: 'crit'}, ...scrapeLines(row)], cliEquivalent: reads};
		}
		const options = /^application\/openmetrics-text\b/i.test(page.contentType) ? {openMetrics: true} : {};
		const read = await runInSlices(parseExpositionInSlices(page.text, options), context);
		const families = await runInSlices(familyLines(read), context);
		const empty: DocumentLine[] =
			read.series + read.omitted + read.wrongLines === 0
				? [{text: 'The page is empty: no series.', severity: 'warn'}]
				: [];
		const lines = [headLine(page, read), ...scrapeLines(row), ...errorLines(read), ...empty, ...families];
		return {title: url, lines, cliEquivalent: reads};
	},
});

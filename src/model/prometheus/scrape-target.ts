import type {Labels, Row, Severity} from '../../contract/row.ts';
import {formatDuration, formatMillis} from '../../text/format.ts';
import {evaluateThreshold, type Threshold} from '../threshold.ts';

/** The share of the timeout from which a scrape is slow: it fails at the next small delay. */
const timeoutThreshold: Threshold = {warn: 0.8, crit: Number.POSITIVE_INFINITY};

/** The facts of one scrape target. */
export type ScrapeFacts = {
	/** Its scrape pool; its job where the server has no pools. */
	readonly pool: string;
	readonly instance: string;
	/** The labels of its series `up`, without the name. */
	readonly labels: Labels;
	/** Undefined when only `up` was read. */
	readonly url: string | undefined;
	/** `unknown`: not scraped yet. */
	readonly health: 'up' | 'down' | 'unknown';
	/** The error of the last scrape, by Prometheus; empty when it succeeded, and when only `up` was read. */
	readonly error: string;
	/** Epoch milliseconds. */
	readonly scrapedAt: number | undefined;
	readonly tookMs: number | undefined;
	readonly timeoutMs: number | undefined;
	readonly intervalMs: number | undefined;
	/** The number of targets of its pool, and of those that are down. Rows of healthy targets may be omitted. */
	readonly poolSize: number;
	readonly poolDown: number;
	/** The names of the alerting rules that read `up`. Absent without such rules, and on a target that is not down. */
	readonly coveredByRules?: readonly string[];
};

export type ScrapeRow = Row<'prometheus.target'> & ScrapeFacts;

/** The PromQL selector of labels: `{instance="10.2.4.17:8080",job="checkout-api"}`. Equal for equal labels. */
export const selectorOf = (labels: Labels): string =>
	`{${Object.keys(labels)
		.filter(name => name !== '__name__')
		.sort()
		.map(name => `${name}=${JSON.stringify(labels[name])}`)
		.join(',')}}`;

/**
 * A row of a scrape target. `twin`: an earlier row has the same labels, so its id needs the pool and URL. `before`: ids of the rows whose
 * scrapes were slow in the previous read.
 */
export function scrapeRow(target: string, facts: ScrapeFacts, twin = false, before?: ReadonlySet<string>): ScrapeRow {
	const id = `${selectorOf(facts.labels)}${twin ? ` ${facts.pool} ${facts.url}` : ''}`;
	const {severity, why} = evaluateScrape(facts, before?.has(id) === true);
	return {id, kind: 'prometheus.target', target, severity, ...(why === undefined ? {} : {why}), ...facts};
}

function evaluateScrape(facts: ScrapeFacts, wasSlow: boolean): {readonly severity: Severity; readonly why?: string} {
	const {health, error, tookMs, timeoutMs} = facts;
	if (health === 'down') return {severity: 'crit', why: error === '' ? 'down' : scrapeCause(error)};
	if (health === 'unknown') return {severity: 'unknown', why: 'not scraped yet'};
	const share = tookMs === undefined || timeoutMs === undefined ? 0 : tookMs / timeoutMs;
	if (evaluateThreshold(share, timeoutThreshold, wasSlow ? 'warn' : undefined) !== 'ok') {
		return {
			severity: 'warn',
			why: `takes ${formatMillis(tookMs)} of its ${formatDuration((timeoutMs ?? 0) / 1000)} timeout`,
		};
	}
	return {severity: 'ok'};
}

/** The last part of an error of Go's HTTP client: `connection refused`. */
export function scrapeCause(error: string): string {
	const cause = error
		.replace(/^(?:Get|read|error when scraping) "[^"]*": /, '')
		.replace(/; try -enableTCP6.*/, '')
		.replace(/^(?:dial|read|write) tcp[46]?(?: \S+)?: /, '')
		.replace(/^(?:connect|read|write): /, '')
		.replace(/^lookup (\S+?)(?: on \S+)?: (.*)$/, '$1: $2')
		.trim();
	if (/^(?:context deadline exceeded|net\/http: request canceled)/.test(cause)) return 'no response within the timeout';
	return cause === '' ? error : cause;
}

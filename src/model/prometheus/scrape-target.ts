import type {Labels, Row, Severity} from '../../contract/row.ts';
import {formatDuration, formatMillis} from '../../text/format.ts';
import {evaluateThreshold, type Threshold} from '../threshold.ts';

/** A scrape that takes so much of its timeout fails at the next hiccup. */
const timeoutThreshold: Threshold = {warn: 0.8, crit: Number.POSITIVE_INFINITY};

/** What Prometheus knows of one target it scrapes. */
export type ScrapeFacts = {
	/** Its scrape pool; its job where the server does not tell pools. */
	readonly pool: string;
	readonly instance: string;
	/** Those of its series `up`, without the name. */
	readonly labels: Labels;
	/** Undefined when only `up` was read. */
	readonly url: string | undefined;
	/** `unknown`: not scraped yet. */
	readonly health: 'up' | 'down' | 'unknown';
	/** Why the last scrape failed, in Prometheus' words; empty when it did not, and when only `up` was read. */
	readonly error: string;
	/** Epoch milliseconds. */
	readonly scrapedAt: number | undefined;
	readonly tookMs: number | undefined;
	readonly timeoutMs: number | undefined;
	readonly intervalMs: number | undefined;
	/** How many targets its pool has, and how many of them are down: rows of healthy targets may be left out. */
	readonly poolSize: number;
	readonly poolDown: number;
	/** Of one that is down: the names of the alerting rules that look at `up`, where there are some. */
	readonly coveredByRules?: readonly string[];
};

export type ScrapeRow = Row & ScrapeFacts;

/** As PromQL selects it: `{instance="10.2.4.17:8080",job="checkout-api"}`. The same for the same labels. */
export const selectorOf = (labels: Labels): string =>
	`{${Object.keys(labels)
		.filter(name => name !== '__name__')
		.sort()
		.map(name => `${name}=${JSON.stringify(labels[name])}`)
		.join(',')}}`;

/**
 * `twin`: an earlier row has the same labels, so that only its address tells it from that one. `before`: ids of the rows whose scrapes were
 * slow at the read before.
 */
export function scrapeRow(target: string, facts: ScrapeFacts, twin = false, before?: ReadonlySet<string>): ScrapeRow {
	const id = `${selectorOf(facts.labels)}${twin ? ` ${facts.pool} ${facts.url}` : ''}`;
	const {severity, why} = judgeTarget(facts, before?.has(id) === true);
	return {id, target, severity, ...(why === undefined ? {} : {why}), ...facts};
}

function judgeTarget(facts: ScrapeFacts, wasSlow: boolean): {readonly severity: Severity; readonly why?: string} {
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

/** The cause in the words of Go's HTTP client, without what the row says already: `connection refused`. */
export function scrapeCause(error: string): string {
	const said = error
		.replace(/^(?:Get|read|error when scraping) "[^"]*": /, '')
		.replace(/; try -enableTCP6.*/, '')
		.replace(/^(?:dial|read|write) tcp[46]?(?: \S+)?: /, '')
		.replace(/^(?:connect|read|write): /, '')
		.replace(/^lookup (\S+?)(?: on \S+)?: (.*)$/, '$1: $2')
		.trim();
	if (/^(?:context deadline exceeded|net\/http: request canceled)/.test(said)) return 'no answer within the timeout';
	return said === '' ? error : said;
}

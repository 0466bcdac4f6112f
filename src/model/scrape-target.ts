import type {Finding, Row, Severity} from '../contract.ts';
import {worst} from '../severity.ts';
import {duration, millis} from '../text/figures.ts';

/** A scrape that takes so much of its timeout fails at the next hiccup. */
const nearTimeout = 0.8;

/** What Prometheus knows of one target it scrapes. */
export type ScrapeFacts = {
	readonly pool: string;
	readonly instance: string;
	readonly url: string;
	/** `unknown`: not scraped yet. */
	readonly health: 'up' | 'down' | 'unknown';
	/** Why the last scrape failed, in Prometheus' words; empty when it did not. */
	readonly error: string;
	/** Epoch milliseconds. */
	readonly scrapedAt: number | undefined;
	readonly tookMs: number | undefined;
	readonly timeoutMs: number;
	readonly intervalMs: number;
};

export type ScrapeRow = Row & ScrapeFacts;

export function scrapeRow(target: string, facts: ScrapeFacts): ScrapeRow {
	const {severity, why} = judged(facts);
	// An instance may be scraped twice in a pool, at two paths: only the address is its own.
	return {id: `${facts.pool}/${facts.url}`, target, severity, ...(why === undefined ? {} : {why}), ...facts};
}

function judged(facts: ScrapeFacts): {readonly severity: Severity; readonly why?: string} {
	if (facts.health === 'down') return {severity: 'crit', why: facts.error === '' ? 'down' : facts.error};
	if (facts.health === 'unknown') return {severity: 'unknown', why: 'not scraped yet'};
	if (facts.tookMs !== undefined && facts.tookMs >= nearTimeout * facts.timeoutMs) {
		return {severity: 'warn', why: `takes ${millis(facts.tookMs)} of its ${duration(facts.timeoutMs / 1000)} timeout`};
	}
	return {severity: 'ok'};
}

/** One finding for each pool and kind of trouble: a pool is what a person looks after. */
export function scrapeFindings(rows: readonly ScrapeRow[], target: string): readonly Finding[] {
	return [...Map.groupBy(rows, row => row.pool)].flatMap(([pool, all]) => {
		const kinds = Map.groupBy(
			all.filter(row => row.severity !== 'ok'),
			row => (row.health === 'up' ? 'slow' : row.health),
		);
		return [...kinds].flatMap(([health, same]) => {
			const [first] = same;
			const severity = worst(same.map(row => row.severity));
			if (first === undefined || severity === 'ok') return [];
			return {
				id: `${target}/scrape/${pool}/${health}`,
				target,
				severity,
				sentence: `${pool}: ${same.length} of ${all.length} targets ${health}: ${first.why}`,
				row: {kind: 'prometheus.target', id: first.id},
				kind: 'prometheus.target',
				evidence: same.slice(0, 5).map(row => `${row.url}: ${row.why}`),
				actions: [],
				inspections: ['prometheus.describe-target'],
			} satisfies Finding;
		});
	});
}

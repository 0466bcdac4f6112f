import {describe, expect, it} from 'vitest';
import {type ScrapeFacts, scrapeFindings, scrapeRow} from '../../../src/model/scrape-target.ts';

const facts = (index: number, part: Partial<ScrapeFacts> = {}): ScrapeFacts => ({
	pool: 'node',
	instance: `10.0.0.${index}:9100`,
	url: `http://10.0.0.${index}:9100/metrics`,
	health: 'up',
	error: '',
	scrapedAt: 0,
	tookMs: 12,
	timeoutMs: 10_000,
	intervalMs: 15_000,
	...part,
});

describe('scrape target', () => {
	it.each([
		['up', {}, 'ok', undefined],
		['down', {health: 'down', error: 'connection refused'}, 'crit', 'connection refused'],
		['down without a word', {health: 'down'}, 'crit', 'down'],
		['not scraped yet', {health: 'unknown'}, 'unknown', 'not scraped yet'],
		['slow', {tookMs: 8000}, 'warn', 'takes 8s of its 10s timeout'],
		['not quite slow', {tookMs: 7999}, 'ok', undefined],
	] as const)('%s', (_name, part, severity, why) => {
		const row = scrapeRow('prom', facts(1, part));
		expect(row.severity).toBe(severity);
		expect(row.why).toBe(why);
	});

	it('tells one finding for each pool and kind of trouble', () => {
		const down = {health: 'down', error: 'connection refused'} as const;
		const rows = [
			facts(1, down),
			facts(2, down),
			facts(3),
			facts(4, {health: 'unknown'}),
			facts(5, {pool: 'redis', tookMs: 9900}),
		].map(one => scrapeRow('prom', one));
		expect(scrapeFindings(rows, 'prom').map(({severity, sentence}) => `${severity} ${sentence}`)).toEqual([
			'crit node: 2 of 4 targets down: connection refused',
			'unknown node: 1 of 4 targets unknown: not scraped yet',
			'warn redis: 1 of 1 targets slow: takes 9.9s of its 10s timeout',
		]);
	});

	it('tells two paths of one instance apart', () => {
		const rows = ['/metrics', '/metrics/cadvisor'].map(path => scrapeRow('prom', facts(1, {url: `http://a${path}`})));
		expect(rows[0]?.id).not.toBe(rows[1]?.id);
	});
});

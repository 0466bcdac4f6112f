import {describe, expect, it} from 'vitest';
import {scrapeFindings} from '../../../../src/model/prometheus/scrape-findings.ts';
import {type ScrapeFacts, scrapeCause, scrapeRow, selectorOf} from '../../../../src/model/prometheus/scrape-target.ts';

const facts = (index: number, part: Partial<ScrapeFacts> = {}): ScrapeFacts => ({
	pool: 'node',
	instance: `10.0.0.${index}:9100`,
	labels: {job: 'node', instance: `10.0.0.${index}:9100`},
	poolSize: 1,
	poolDown: 0,
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

	it('has one finding for each pool and kind of problem', () => {
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
			'warn redis: 1 of 1 target slow: takes 9.9s of its 10s timeout',
		]);
	});

	it('counts the targets whose rows were left out', () => {
		const down = facts(1, {health: 'down', error: 'connection refused', poolSize: 9400, poolDown: 3});
		expect(scrapeFindings([scrapeRow('prom', down)], 'prom').map(({sentence}) => sentence)).toEqual([
			'node: 3 of 9,400 targets down: connection refused',
		]);
	});

	it('reports most targets down in every pool as a network problem of the server', () => {
		const rows = ['a', 'b', 'c', 'd'].map((pool, index) =>
			scrapeRow('prom', facts(index, {pool, health: pool === 'd' ? 'up' : 'down', poolDown: pool === 'd' ? 0 : 1})),
		);
		expect(scrapeFindings(rows, 'prom')[0]?.sentence).toBe(
			'prom reaches only 1 of 4 targets: check its own network and DNS first',
		);
		expect(scrapeFindings(rows.slice(2), 'prom').map(({id}) => id)).toEqual(['prom/scrape/c/down']);
	});

	it('does not report a network problem of the server when targets are up in pools without a row', () => {
		const rows = ['a', 'b', 'c'].map((pool, index) =>
			scrapeRow('prom', facts(index, {pool, health: 'down', poolSize: 300, poolDown: 300})),
		);
		const sentence = (all: number) => scrapeFindings(rows, 'prom', {all, down: 900})[0]?.sentence;
		expect(sentence(1000)).toBe('prom reaches only 100 of 1,000 targets: check its own network and DNS first');
		expect(sentence(6000)).toBe('a: 300 of 300 targets down: down');
	});

	it('gives two targets with the same labels different ids', () => {
		const [a, b] = ['/metrics', '/metrics/cadvisor'].map((path, index) =>
			scrapeRow('prom', facts(1, {url: `http://a${path}`}), index > 0),
		);
		expect(a?.id).toBe('{instance="10.0.0.1:9100",job="node"}');
		expect(b?.id).toBe('{instance="10.0.0.1:9100",job="node"} node http://a/metrics/cadvisor');
	});

	it('selects by labels in one order, and quotes them', () => {
		expect(selectorOf({job: 'a"b\\c', __name__: 'up', instance: 'x'})).toBe('{instance="x",job="a\\"b\\\\c"}');
	});

	it.each([
		['Get "http://127.0.0.1:1/metrics": dial tcp 127.0.0.1:1: connect: connection refused', 'connection refused'],
		['Get "http://10.0.0.9/metrics": context deadline exceeded', 'no response within the timeout'],
		['Get "http://nope:1/metrics": dial tcp: lookup nope on 10.0.0.2:53: no such host', 'nope: no such host'],
		[
			'Get "https://a/metrics": x509: certificate signed by unknown authority',
			'x509: certificate signed by unknown authority',
		],
		['server returned HTTP status 503 Service Unavailable', 'server returned HTTP status 503 Service Unavailable'],
		['invalid metric type "foo"', 'invalid metric type "foo"'],
		['Get "http://a": EOF', 'EOF'],
		[
			'error when scraping "http://a/": dial tcp4 10.0.0.1:1: connect: connection refused; try -enableTCP6 command-line flag',
			'connection refused',
		],
	])('says of %s', (error, cause) => {
		expect(scrapeCause(error)).toBe(cause);
	});
});

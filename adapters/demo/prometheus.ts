import type {Row, Source, System, Target} from '../../src/contract.ts';
import {defineInspection, defineSource, defineSystem} from '../../src/define.ts';
import {scrapeFindings} from '../../src/model/scrape-findings.ts';
import {type ScrapeFacts, type ScrapeRow, scrapeRow} from '../../src/model/scrape-target.ts';
import {clockTime, millis} from '../../src/text/figures.ts';
import {shellLine} from '../../src/text/quote.ts';
import {demoConnection} from './connection.ts';
import {hasTrouble, type Scenario} from './scenario.ts';

type Scrapes = {targets(): readonly ScrapeFacts[]};

const read = (target: Target): string =>
	shellLine(['curl', '-fsS', `http://${target.name}.example.test:9090/api/v1/targets?state=active`]);

const targets = defineSource<ScrapeRow, Scrapes>()({
	kind: 'prometheus.target',
	title: 'Targets',
	intervalMs: 5000,
	timeoutMs: 5000,
	cost: 'cheap',
	reads: target => [read(target)],
	open:
		(scrapes, target) =>
		async ({signal}) => {
			signal.throwIfAborted();
			const rows = scrapes.targets().map(facts => scrapeRow(target.name, facts));
			const up = rows.filter(row => row.health === 'up').length;
			const severity = up < rows.length ? 'crit' : 'ok';
			return {
				rows,
				gauges: [{id: 'up', label: 'up', value: up, unit: 'count', limit: rows.length, severity}],
				omitted: 0,
				notes: [],
			};
		},
	findings: ({rows}, _previous, {target}) => scrapeFindings(rows, target),
});

const sources: readonly Source<Row, Scrapes>[] = [targets];

const describeTarget = defineInspection<ScrapeRow, Scrapes>()({
	id: 'prometheus.describe-target',
	title: 'Describe target',
	key: 'd',
	kind: 'prometheus.target',
	risk: 'none',
	open: async (row, {target}) => ({
		title: `${row.pool} ${row.instance}`,
		reads: [read(target)],
		lines: [
			...(row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}]),
			{text: `Address    ${row.url}`},
			{text: `Health     ${row.health}`},
			{
				text: `Last       ${row.scrapedAt === undefined ? 'never' : clockTime(row.scrapedAt)}, took ${millis(row.tookMs)}`,
			},
			{text: `Every      ${millis(row.intervalMs)}, gives up after ${millis(row.timeoutMs)}`},
			{text: `Error      ${row.error === '' ? 'none' : row.error}`},
		],
	}),
});

/** Targets of each pool, and the port they are scraped at: 214 in all. */
const pools: readonly (readonly [pool: string, targets: number, port: number])[] = [
	['node', 12, 9100],
	['kubelet', 12, 10_250],
	['cadvisor', 12, 10_250],
	['log-shipper', 12, 2020],
	['checkout-api', 6, 8080],
	['cart', 8, 8080],
	['orders-api', 8, 8080],
	['orders-worker', 24, 8080],
	['payments-api', 8, 8080],
	['search-api', 10, 8080],
	['catalog-api', 10, 8080],
	['media-thumb', 14, 8080],
	['gateway-edge', 30, 9901],
	['identity-api', 8, 8080],
	['notify-mailer', 6, 8080],
	['inventory-api', 8, 8080],
	['shipping-tracking', 8, 8080],
	['postgres', 4, 9187],
	['redis', 3, 9121],
	['kafka', 3, 9308],
	['coredns', 4, 9153],
	['prometheus', 2, 9090],
	['alertmanager', 2, 9093],
];

type Down = {readonly targets: number; readonly error: string};

function downPools(scenario: Scenario): Readonly<Record<string, Down>> {
	if (!hasTrouble(scenario, 'scrape')) return {};
	const refused = {'checkout-api': {targets: 1, error: 'connection refused'}};
	if (scenario.name !== 'storm') return refused;
	return {
		'checkout-api': {targets: 3, error: 'connection refused'},
		kubelet: {targets: 1, error: 'no route to host'},
		'gateway-edge': {targets: 9, error: 'context deadline exceeded'},
	};
}

const intervalMs = 15_000;
const timeoutMs = 10_000;

function createScrapes(scenario: Scenario): Scrapes {
	const down = downPools(scenario);
	return {
		targets: () =>
			pools.flatMap(([pool, all, port], subnet) =>
				Array.from({length: all}, (_, index): ScrapeFacts => {
					const instance = `10.2.${subnet + 1}.${index + 3}:${port}`;
					const trouble = down[pool];
					const error = trouble !== undefined && index < trouble.targets ? trouble.error : '';
					// Each target has its own moment in the interval, as Prometheus spreads them.
					const offset = Math.floor(scenario.fixed(`${pool} ${instance}`) * intervalMs);
					const now = scenario.now();
					return {
						pool,
						instance,
						labels: {instance, job: pool, metrics_path: pool === 'cadvisor' ? '/metrics/cadvisor' : '/metrics'},
						poolSize: all,
						poolDown: trouble?.targets ?? 0,
						url: `http://${instance}${pool === 'cadvisor' ? '/metrics/cadvisor' : '/metrics'}`,
						health: error === '' ? 'up' : 'down',
						error,
						scrapedAt: now - ((((now - offset) % intervalMs) + intervalMs) % intervalMs),
						tookMs:
							error === 'context deadline exceeded'
								? timeoutMs
								: error === ''
									? 3 + Math.floor(60 * scenario.fixed(`${instance} took`))
									: 1,
						timeoutMs,
						intervalMs,
					};
				}),
			),
	};
}

/** A Prometheus that scrapes the rest of the estate. */
export const demoPrometheus = (scenario: Scenario): System =>
	defineSystem({
		kind: 'prometheus',
		title: 'Prometheus',
		sources,
		actions: [],
		inspections: [describeTarget],
		connect: async () =>
			demoConnection({
				port: createScrapes(scenario),
				version: '3.7.2',
				who: 'anonymous',
				permissions: [{needs: 'targets', name: 'GET /api/v1/targets'}],
			}),
	});

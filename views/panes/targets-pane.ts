import {defineSection, type Pane} from '../../src/contract/pane.ts';
import type {ScrapeRow} from '../../src/model/prometheus/scrape-target.ts';
import {formatDuration, formatMillis} from '../../src/text/format.ts';
import {alertsSection, silencesSection} from './alert-sections.ts';
import {byId, dimIfOk} from './cells.ts';
import {prometheusAlertsSection} from './prometheus-alerts-section.ts';

const byName = (a: ScrapeRow, b: ScrapeRow): number =>
	a.pool.localeCompare(b.pool) || a.instance.localeCompare(b.instance) || byId(a, b);

export const targetsPane: Pane = {
	id: 'targets',
	title: 'Targets',
	tab: 'Targets',
	systems: ['prometheus', 'alertmanager'],
	gauges: ['up', 'ready', 'config', 'rules', 'alerts', 'firing', 'silenced', 'inhibited', 'series', 'pending'],
	sections: [
		defineSection<ScrapeRow>({
			kind: 'prometheus.target',
			title: 'Targets',
			weight: 3,
			empty: 'Prometheus has no active target: check its scrape_configs and service discovery',
			orders: [
				{title: 'pool', compare: byName},
				{title: 'longest scrape', compare: (a, b) => (b.tookMs ?? -1) - (a.tookMs ?? -1) || byName(a, b)},
				{title: 'oldest scrape', compare: (a, b) => (a.scrapedAt ?? 0) - (b.scrapedAt ?? 0) || byName(a, b)},
			],
			columns: [
				{header: 'POOL', field: 'pool', width: 14, cut: 'middle', cell: row => row.pool},
				{header: 'INSTANCE', field: 'instance', width: 17, cut: 'middle', cell: row => row.instance},
				{
					header: 'UP',
					field: 'up',
					width: 4,
					cell: row => ({text: row.health === 'unknown' ? '?' : row.health, tone: dimIfOk(row)}),
				},
				{
					header: 'LAST',
					field: 'last',
					width: 5,
					align: 'right',
					hideOrder: 2,
					cell: (row, now) => ({
						text:
							row.scrapedAt === undefined
								? row.health === 'unknown'
									? 'never'
									: '-'
								: formatDuration((now - row.scrapedAt) / 1000),
						tone: 'dim',
					}),
				},
				{
					header: 'TOOK',
					field: 'took',
					width: 5,
					align: 'right',
					hideOrder: 1,
					cell: row => ({text: row.tookMs === undefined ? '-' : formatMillis(row.tookMs), tone: 'dim'}),
				},
				{
					header: 'ERROR',
					field: 'error',
					width: 18,
					grow: true,
					hideOrder: 3,
					cell: row => ({text: row.severity === 'ok' ? '' : (row.why ?? row.error), tone: dimIfOk(row)}),
				},
			],
		}),
		// Before Prometheus' own view of the same alerts: only Alertmanager knows receivers and silences.
		alertsSection,
		prometheusAlertsSection,
		silencesSection,
	],
};

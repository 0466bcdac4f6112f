import {describe, expect, it} from 'vitest';
import type {Finding} from '../../../../src/contract/finding.ts';
import type {Reading} from '../../../../src/contract/reading.ts';
import type {Labels} from '../../../../src/contract/row.ts';
import {readsUpMetric, reportsTargetDown} from '../../../../src/model/alert-labels.ts';
import {createDownDedup} from '../../../../src/model/prometheus/down-dedup.ts';
import {scrapeFindings} from '../../../../src/model/prometheus/scrape-findings.ts';
import {scrapeRow} from '../../../../src/model/prometheus/scrape-target.ts';

const blank: Omit<Reading, 'target' | 'kind' | 'findings' | 'snapshot'> = {
	state: 'live',
	readAt: 1000,
	tookMs: 1,
	failure: undefined,
	intervalMs: 10_000,
	nextAt: undefined,
	history: {},
};

const coveredByRules = ['TargetDown', 'JobDown'];

const down = (
	instances: readonly string[],
	part: {readonly poolDown?: number; readonly coveredByRules?: string[]} = {coveredByRules},
) => {
	const rows = instances.map(instance =>
		scrapeRow('prom', {
			pool: 'api',
			instance,
			labels: {job: 'api', instance},
			url: undefined,
			health: 'down',
			error: 'connection refused',
			scrapedAt: 0,
			tookMs: 1,
			timeoutMs: 1000,
			intervalMs: 1000,
			poolSize: 6,
			poolDown: instances.length,
			...part,
		}),
	);
	const snapshot = {rows, gauges: [], omitted: 0, notes: []};
	const reading: Reading = {
		...blank,
		target: 'prom',
		kind: 'prometheus.target',
		snapshot,
		findings: scrapeFindings(rows, 'prom'),
	};
	return reading;
};

/** Alerts as a Prometheus or an Alertmanager shows them; `loud`: they are findings of it, too. */
function alerts(kind: 'prometheus.alert' | 'alertmanager.alert', all: readonly Labels[], loud = true): Reading {
	const target = kind === 'prometheus.alert' ? 'prom' : 'am';
	const finding: Finding = {
		id: 'alert',
		type: kind === 'prometheus.alert' ? 'prometheus.alert-firing' : 'alertmanager.alert-firing',
		target,
		severity: 'warn',
		sentence: 'TargetDown: somebody look',
		kind,
		evidence: ['since noon'],
		actions: [],
		inspections: [],
		subjects: all,
	};
	const rows = all.map((labels, at) => ({id: String(at), kind, target, severity: 'ok' as const, labels}));
	return {
		...blank,
		target,
		kind,
		snapshot: {rows, gauges: [], omitted: 0, notes: []},
		findings: loud ? [finding] : [],
	};
}

const fold = (...readings: readonly Reading[]) =>
	createDownDedup()(readings).flatMap(({findings}) =>
		findings.map(({severity, sentence}) => `${severity} ${sentence}`),
	);

const one: Labels = {alertname: 'TargetDown', severity: 'warning', job: 'api', instance: 'a:1'};
const job: Labels = {alertname: 'JobDown', job: 'api'};
const apart = ['crit api: 1 of 6 targets down: connection refused', 'warn TargetDown: somebody look'];
const folded = ['crit TargetDown: somebody look (api: 1 of 6 targets down: connection refused)'];

describe('targets that are down and have an alert', () => {
	it('are reported once, by the alert', () => {
		expect(fold(down(['a:1']), alerts('prometheus.alert', [one]))).toEqual(folded);
		expect(fold(down(['a:1']), alerts('prometheus.alert', [job]))).toEqual(folded);
	});

	it('are reported by the alert of an Alertmanager, which has more labels', () => {
		const own = alerts('prometheus.alert', [one], false);
		expect(fold(down(['a:1']), own, alerts('alertmanager.alert', [{...one, cluster: 'eu'}]))).toEqual(folded);
		expect(fold(alerts('alertmanager.alert', [{...one, cluster: 'eu'}]), own, down(['a:1']))).toEqual(folded);
	});

	it.each<readonly [string, Reading, Reading]>([
		['of another instance', down(['a:1']), alerts('prometheus.alert', [{...one, instance: 'a:2'}])],
		['of another job', down(['a:1']), alerts('prometheus.alert', [{...job, job: 'web'}])],
		['about something else', down(['a:1']), alerts('prometheus.alert', [{...one, alertname: 'HighLatency'}])],
		['about nothing in particular', down(['a:1']), alerts('prometheus.alert', [{alertname: 'TargetDown'}])],
		['that the Prometheus does not know', down(['a:1']), alerts('alertmanager.alert', [one])],
		['whose rules cannot be read', down(['a:1'], {}), alerts('prometheus.alert', [one])],
		['of a server that cannot be read now', down(['a:1']), {...alerts('prometheus.alert', [one]), state: 'failed'}],
	])('are reported separately from an alert %s', (_, targets, alert) => {
		expect(fold(targets, alert)).toEqual(apart);
	});

	it.each<readonly [string, Partial<Reading>]>([
		['another Prometheus has it', {target: 'prom-b'}],
		['the alerts of their Prometheus cannot be read now', {state: 'failed'}],
	])('are reported separately from the alert of an Alertmanager when %s', (_, part) => {
		const own = {...alerts('prometheus.alert', [one], false), ...part};
		expect(fold(down(['a:1']), own, alerts('alertmanager.alert', [one]))).toEqual(apart);
	});

	it('are evidence of the alert', () => {
		const [, alert] = createDownDedup()([down(['a:1']), alerts('prometheus.alert', [one])]);
		expect(alert?.findings[0]?.evidence.slice(0, 2)).toEqual([
			'since noon',
			'prom scrapes: api: 1 of 6 targets down: connection refused',
		]);
	});

	it('are reported separately when one of them has no alert, or not all of them are known', () => {
		expect(fold(down(['a:1', 'a:2']), alerts('prometheus.alert', [one]))).toHaveLength(2);
		expect(fold(down(['a:1'], {poolDown: 2, coveredByRules}), alerts('prometheus.alert', [job]))).toHaveLength(2);
		expect(fold(down(['a:1', 'a:2']), alerts('prometheus.alert', [one, {...one, instance: 'a:2'}]))).toHaveLength(1);
	});

	it('are reported when the alert is silenced', () => {
		const own = alerts('prometheus.alert', [one], false);
		expect(fold(down(['a:1']), own, alerts('alertmanager.alert', [one], false))).toEqual([apart[0]]);
	});

	it('are returned as the same objects for the same readings', () => {
		const dedupe = createDownDedup();
		const readings = [down(['a:1']), alerts('prometheus.alert', [one])];
		const first = dedupe(readings);
		expect(dedupe([...readings]).every((reading, at) => reading === first[at])).toBe(true);
		const healed = down([]);
		const [, alert] = readings;
		expect(dedupe([healed, ...(alert === undefined ? [] : [alert])])).toEqual([healed, alert]);
	});
});

describe('saysDown', () => {
	it('ignores labels that only one of them has', () => {
		expect(reportsTargetDown({...one, team: 'shop'}, {job: 'api', instance: 'a:1', pod: 'x'})).toBe(true);
		expect(reportsTargetDown({...one, pod: 'y'}, {job: 'api', instance: 'a:1', pod: 'x'})).toBe(false);
	});
});

it.each([
	['up == 0', true],
	['up{job="api"} == 0', true],
	['100 * (count(up == 0) BY (job) / count(up) BY (job)) > 10', true],
	['absent(up{job="api"} == 1)', true],
	['uptime_seconds < 60', false],
	['node_up == 0', false],
	['job:up:ratio < 1', false],
	['rate(requests_total{state="up"}[5m]) > 1', false],
])('%s reads up: %s', (expression, is) => {
	expect(readsUpMetric(expression)).toBe(is);
});

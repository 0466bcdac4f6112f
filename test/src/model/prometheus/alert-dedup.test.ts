import {describe, expect, it} from 'vitest';
import type {Finding} from '../../../../src/contract/finding.ts';
import type {Reading} from '../../../../src/contract/reading.ts';
import type {Severity} from '../../../../src/contract/row.ts';
import {createAlertDedup} from '../../../../src/model/prometheus/alert-dedup.ts';

type Labels = Readonly<Record<string, string>>;
const alert: Labels = {alertname: 'TargetDown', instance: 'a:1'};
const other: Labels = {...alert, instance: 'a:2'};

function reading(kind: Reading['kind'], alerts: readonly Labels[], severity: Severity): Reading {
	const target = kind.startsWith('prometheus') ? 'prom' : 'am';
	const why = severity === 'ok' ? {} : {why: 'down'};
	const finding: Finding = {
		id: 'down',
		type: kind.startsWith('prometheus') ? 'prometheus.alert-firing' : 'alertmanager.alert-firing',
		target,
		severity: 'crit',
		sentence: 'it is down',
		kind,
		evidence: [],
		actions: [],
		inspections: [],
		subjects: alerts,
	};
	return {
		target,
		kind,
		state: 'live',
		snapshot: {
			rows: alerts.map((labels, at) => ({id: String(at), target, severity, ...why, labels})),
			gauges: [{id: 'alerts', label: 'alerts', value: alerts.length, unit: 'count', severity}],
			omitted: 0,
			notes: [],
		},
		readAt: 1000,
		tookMs: 1,
		failure: undefined,
		intervalMs: 2000,
		nextAt: undefined,
		findings: severity === 'ok' ? [] : [finding],
		history: {},
	};
}

const prometheus = (...alerts: readonly Labels[]) => reading('prometheus.alert', alerts, 'crit');
const alertmanager = (...alerts: readonly Labels[]) => reading('alertmanager.alert', alerts, 'ok');

/** What is left of the findings, the rows and the gauge of the Prometheus. */
function told(...readings: readonly Reading[]) {
	const after = createAlertDedup()(readings).find(({kind}) => kind === 'prometheus.alert');
	return {
		findings: after?.findings.length,
		rows: after?.snapshot?.rows.map(({severity}) => severity),
		gauge: after?.snapshot?.gauges[0]?.severity,
	};
}

describe('an alert that a Prometheus and an Alertmanager know', () => {
	it('is told by the Alertmanager alone, whatever labels were added on the way', () => {
		const quiet = {findings: 0, rows: ['ok'], gauge: 'ok'};
		expect(told(prometheus(alert), alertmanager({...alert, cluster: 'eu'}))).toEqual(quiet);
		expect(told(alertmanager(alert), prometheus(alert))).toEqual(quiet);
	});

	it('is told by the Prometheus when no Alertmanager shows it', () => {
		const loud = {findings: 1, rows: ['crit'], gauge: 'crit'};
		expect(told(prometheus(alert))).toEqual(loud);
		expect(told(prometheus(alert), alertmanager())).toEqual(loud);
		expect(told(prometheus(alert), alertmanager(other))).toEqual(loud);
		expect(told(prometheus(alert), {...alertmanager(alert), state: 'failed'})).toEqual(loud);
	});

	it('keeps the finding of several of which one is not shown', () => {
		expect(told(prometheus(alert, other), alertmanager(alert))).toEqual({
			findings: 1,
			rows: ['ok', 'crit'],
			gauge: 'crit',
		});
	});

	it('gives the same reading and rows until one of both is read again', () => {
		const telling = createAlertDedup();
		const [mine, theirs] = [prometheus(alert), alertmanager(alert)];
		const before = telling([mine, theirs])[0];
		expect(telling([mine, theirs])[0]).toBe(before);
		const after = telling([mine, alertmanager(alert)])[0];
		expect(after).not.toBe(before);
		expect(after?.snapshot?.rows[0]).toBe(before?.snapshot?.rows[0]);
		expect(mine.snapshot?.rows[0]?.severity).toBe('crit');
	});
});

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
			rows: alerts.map((labels, at) => ({id: String(at), kind, target, severity, ...why, labels})),
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

/** The number of findings, the severities of the rows and that of the gauge of the Prometheus after the dedupe. */
function deduped(...readings: readonly Reading[]) {
	const after = createAlertDedup()(readings).find(({kind}) => kind === 'prometheus.alert');
	return {
		findings: after?.findings.length,
		rows: after?.snapshot?.rows.map(({severity}) => severity),
		gauge: after?.snapshot?.gauges[0]?.severity,
	};
}

describe('an alert that a Prometheus and an Alertmanager know', () => {
	it('is reported for the Alertmanager alone, whatever labels were added on the way', () => {
		const quiet = {findings: 0, rows: ['ok'], gauge: 'ok'};
		expect(deduped(prometheus(alert), alertmanager({...alert, cluster: 'eu'}))).toEqual(quiet);
		expect(deduped(alertmanager(alert), prometheus(alert))).toEqual(quiet);
	});

	it('is reported for the Prometheus when no Alertmanager shows it', () => {
		const loud = {findings: 1, rows: ['crit'], gauge: 'crit'};
		expect(deduped(prometheus(alert))).toEqual(loud);
		expect(deduped(prometheus(alert), alertmanager())).toEqual(loud);
		expect(deduped(prometheus(alert), alertmanager(other))).toEqual(loud);
		expect(deduped(prometheus(alert), {...alertmanager(alert), state: 'failed'})).toEqual(loud);
	});

	it('keeps a finding on several alerts of which one is not shown', () => {
		expect(deduped(prometheus(alert, other), alertmanager(alert))).toEqual({
			findings: 1,
			rows: ['ok', 'crit'],
			gauge: 'crit',
		});
	});

	it('returns the same reading and rows until one of both is read again', () => {
		const dedupe = createAlertDedup();
		const [mine, theirs] = [prometheus(alert), alertmanager(alert)];
		const before = dedupe([mine, theirs])[0];
		expect(dedupe([mine, theirs])[0]).toBe(before);
		const after = dedupe([mine, alertmanager(alert)])[0];
		expect(after).not.toBe(before);
		expect(after?.snapshot?.rows[0]).toBe(before?.snapshot?.rows[0]);
		expect(mine.snapshot?.rows[0]?.severity).toBe('crit');
	});
});

import type {Finding} from '../../contract/finding.ts';
import type {Labels, Row} from '../../contract/row.ts';
import {compareSeverity} from '../../contract/severity.ts';
import {alertFindings} from '../alert-findings.ts';
import {alertName, alertSentence, alertSeverity, alertSubject} from '../alert-labels.ts';
import {prometheusAlertFiring} from './prometheus-finding-types.ts';
import {selectorOf} from './scrape-target.ts';

export type PrometheusAlertFacts = {
	readonly labels: Labels;
	readonly annotations: Labels;
	/** `pending`: its expression is true, for less time than its rule requires. */
	readonly state: 'firing' | 'pending';
	/** When its expression became true, in epoch milliseconds. */
	readonly activeAt: number | undefined;
	/** The value of its expression as the server writes it; empty when it does not. */
	readonly value: string;
};

/** A row of an alert of a Prometheus. Its id is its labels, so the same alert always has the same id. */
export type PrometheusAlertRow = Row<'prometheus.alert'> &
	PrometheusAlertFacts & {readonly name: string; readonly subject: string; readonly sentence: string};

export function prometheusAlertRow(target: string, facts: PrometheusAlertFacts): PrometheusAlertRow {
	const {labels, annotations, state} = facts;
	const name = alertName(labels);
	const sentence = alertSentence(labels, annotations);
	// A pending alert may end by itself, which its rule waits for.
	const severity = state === 'firing' ? alertSeverity(labels) : 'ok';
	return {
		id: selectorOf(labels),
		kind: 'prometheus.alert',
		target,
		severity,
		...(severity === 'ok' ? {} : {why: sentence === '' ? name : sentence}),
		...facts,
		name,
		subject: alertSubject(labels),
		sentence,
	};
}

/** Gauges: the number of firing alerts, and of pending ones. */
export const prometheusAlertGaugeIds = ['alerts', 'pending'] as const;

/** Worst first, then firing before pending, then the newest. */
export const comparePrometheusAlerts = (a: PrometheusAlertRow, b: PrometheusAlertRow): number =>
	compareSeverity(a.severity, b.severity) ||
	Number(a.state === 'pending') - Number(b.state === 'pending') ||
	(b.activeAt ?? 0) - (a.activeAt ?? 0) ||
	(a.id < b.id ? -1 : 1);

/** One finding for each alert name. */
export const prometheusAlertFindings = (rows: readonly PrometheusAlertRow[]): readonly Finding[] =>
	alertFindings(rows, prometheusAlertFiring, {
		kind: 'prometheus.alert',
		since: row => row.activeAt,
		value: row => row.value,
	});

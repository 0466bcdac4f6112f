import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import type {Labels, Row} from '../../contract/row.ts';
import {compareSeverity, worstSeverity} from '../../contract/severity.ts';
import {formatClockTime} from '../../text/format.ts';
import {alertName, alertSentence, alertSeverity, alertSubject} from '../alert-labels.ts';
import {alertFiring} from './prometheus-finding-types.ts';
import {selectorOf} from './scrape-target.ts';

export type PrometheusAlertFacts = {
	readonly labels: Labels;
	readonly annotations: Labels;
	/** `pending`: its expression is true, for less long than its rule asks for. */
	readonly state: 'firing' | 'pending';
	/** Since when its expression is true, in epoch milliseconds. */
	readonly activeAt: number | undefined;
	/** Of its expression, in the server's text; empty when it does not tell. */
	readonly value: string;
};

/** One alert of a Prometheus. Its id is its labels: the same alert has the same one whenever it fires. */
export type PrometheusAlertRow = Row &
	PrometheusAlertFacts & {readonly name: string; readonly subject: string; readonly sentence: string};

export function prometheusAlertRow(target: string, facts: PrometheusAlertFacts): PrometheusAlertRow {
	const {labels, annotations, state} = facts;
	const name = alertName(labels);
	const sentence = alertSentence(labels, annotations);
	// What is pending may pass by itself: that is what its rule waits for.
	const severity = state === 'firing' ? alertSeverity(labels) : 'ok';
	return {
		id: selectorOf(labels),
		target,
		severity,
		...(severity === 'ok' ? {} : {why: sentence === '' ? name : sentence}),
		...facts,
		name,
		subject: alertSubject(labels),
		sentence,
	};
}

/** Worst first, then what fires before what is pending, then the newest. */
export const comparePrometheusAlerts = (a: PrometheusAlertRow, b: PrometheusAlertRow): number =>
	compareSeverity(a.severity, b.severity) ||
	Number(a.state === 'pending') - Number(b.state === 'pending') ||
	(b.activeAt ?? 0) - (a.activeAt ?? 0) ||
	(a.id < b.id ? -1 : 1);

/** One finding for each name of alert. */
export function prometheusAlertFindings(rows: readonly PrometheusAlertRow[]): readonly Finding[] {
	const loud = rows.filter(row => row.severity !== 'ok');
	return [...Map.groupBy(loud, row => row.name)].flatMap(([name, all]) => {
		const ordered = all.toSorted(
			(a, b) => compareSeverity(a.severity, b.severity) || (a.activeAt ?? 0) - (b.activeAt ?? 0),
		);
		const [first] = ordered;
		const severity = worstSeverity(all.map(row => row.severity));
		if (first === undefined || severity === 'ok') return [];
		const times = all.flatMap(row => row.activeAt ?? []);
		const runbook = ordered.flatMap(row => row.annotations['runbook_url'] ?? [])[0];
		const about = first.sentence === '' ? '' : `: ${first.sentence}`;
		return [
			createFinding(alertFiring, {
				id: `${first.target}/alert/${name}`,
				target: first.target,
				severity,
				sentence: `${name}${all.length === 1 ? '' : ` (${all.length} alerts)`}${about}`,
				...(times.length === 0 ? {} : {since: Math.min(...times)}),
				row: {kind: 'prometheus.alert', id: first.id},
				kind: 'prometheus.alert',
				evidence: [...ordered.slice(0, 5).map(evidenceOf), ...(runbook === undefined ? [] : [`runbook: ${runbook}`])],
				subjects: all.map(row => row.labels),
			}),
		];
	});
}

const evidenceOf = ({subject, name, value, activeAt}: PrometheusAlertRow): string =>
	[
		subject === '' ? name : subject,
		...(value === '' ? [] : [`value ${value}`]),
		...(activeAt === undefined ? [] : [`since ${formatClockTime(activeAt)}`]),
	].join(', ');

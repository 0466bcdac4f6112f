import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import type {Gauge, Row} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import type {AlertFacts, Silence} from '../../port/alertmanager.ts';
import {formatClockTime} from '../../text/format.ts';
import {alertName, alertSentence, alertSeverity, alertSubject} from '../alert-labels.ts';
import {alertFiring} from './alertmanager-finding-types.ts';

/** One alert of an Alertmanager. Its id is its fingerprint. */
export type AlertmanagerAlertRow = Row &
	AlertFacts & {
		readonly name: string;
		readonly subject: string;
		readonly sentence: string;
		/** Epoch milliseconds. */
		readonly since: number;
		/** What keeps it from being told, or `firing`. */
		readonly notification: 'firing' | 'silenced' | 'inhibited';
		/** Epoch milliseconds when the last of its silences ends. */
		readonly silencedUntil: number | undefined;
	};

export function alertmanagerAlertRow(
	target: string,
	facts: AlertFacts,
	silences: readonly Silence[],
): AlertmanagerAlertRow {
	const told = facts.silencedBy.length > 0 ? 'silenced' : facts.inhibitedBy.length > 0 ? 'inhibited' : 'firing';
	const sentence = alertSentence(facts.labels, facts.annotations);
	// What somebody silenced is known, and what is inhibited follows from what is told anyway.
	const severity = told === 'firing' ? alertSeverity(facts.labels) : 'ok';
	const name = alertName(facts.labels);
	const ends = silences.filter(({id}) => facts.silencedBy.includes(id)).map(({endsAt}) => Date.parse(endsAt));
	return {
		...facts,
		id: facts.fingerprint,
		target,
		severity,
		...(severity === 'ok' ? {} : {why: sentence === '' ? name : sentence}),
		name,
		subject: alertSubject(facts.labels),
		sentence,
		since: Date.parse(facts.startsAt),
		notification: told,
		silencedUntil: ends.length === 0 ? undefined : Math.max(...ends),
	};
}

/** How many are told, silenced and inhibited. */
export function alertmanagerAlertGauges(rows: readonly AlertmanagerAlertRow[]): readonly Gauge[] {
	const of = (told: AlertmanagerAlertRow['notification']) => rows.filter(row => row.notification === told);
	const gauge = (id: string, label: string, found: readonly AlertmanagerAlertRow[]): Gauge => ({
		id,
		label,
		value: found.length,
		unit: 'count',
		severity: worstSeverity(found.map(row => row.severity)),
	});
	return [
		gauge('firing', 'firing', of('firing')),
		gauge('silenced', 'silenced', of('silenced')),
		gauge('inhibited', 'inhibited', of('inhibited')),
	];
}

/** One finding for each name of alert. */
export function alertmanagerAlertFindings(rows: readonly AlertmanagerAlertRow[]): readonly Finding[] {
	const loud = rows.filter(row => row.severity !== 'ok');
	return [...Map.groupBy(loud, row => row.name)].flatMap(([name, all]) => {
		const ordered = all.toSorted(
			(a, b) => Number(a.severity !== 'crit') - Number(b.severity !== 'crit') || a.since - b.since,
		);
		const [first] = ordered;
		const severity = worstSeverity(all.map(row => row.severity));
		if (first === undefined || severity === 'ok') return [];
		const runbook = first.annotations['runbook_url'];
		const about = first.sentence === '' ? '' : `: ${first.sentence}`;
		return [
			createFinding(alertFiring, {
				id: `${first.target}/alert/${name}`,
				target: first.target,
				severity,
				sentence: `${name}${all.length === 1 ? '' : ` (${all.length} alerts)`}${about}`,
				since: Math.min(...all.map(row => row.since)),
				row: {kind: 'alertmanager.alert', id: first.id},
				kind: 'alertmanager.alert',
				evidence: [
					...ordered.slice(0, 5).map(row => `${row.subject || row.name}, since ${formatClockTime(row.since)}`),
					...(runbook === undefined ? [] : [`runbook: ${runbook}`]),
				],
				subjects: all.map(row => row.labels),
			}),
		];
	});
}

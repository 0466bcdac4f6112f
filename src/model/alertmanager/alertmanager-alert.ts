import type {Finding} from '../../contract/finding.ts';
import type {Gauge, Row} from '../../contract/row.ts';
import {worstSeverity} from '../../contract/severity.ts';
import type {AlertFacts, Silence} from '../../port/alertmanager.ts';
import {alertFindings} from '../alert-findings.ts';
import {alertName, alertSentence, alertSeverity, alertSubject} from '../alert-labels.ts';
import {alertmanagerAlertFiring} from './alertmanager-finding-types.ts';

/** Whether an alert notifies, or what suppresses that. Also the ids of the gauges with the numbers of such alerts. */
export const alertNotifications = ['firing', 'silenced', 'inhibited'] as const;

type Notification = (typeof alertNotifications)[number];

/** A row of an alert of an Alertmanager. Its id is the fingerprint. */
export type AlertmanagerAlertRow = Row<'alertmanager.alert'> &
	AlertFacts & {
		readonly name: string;
		readonly subject: string;
		readonly sentence: string;
		/** Epoch milliseconds. */
		readonly since: number;
		/** What suppresses its notifications, or `firing`. */
		readonly notification: Notification;
		/** When the last of its silences ends, in epoch milliseconds. */
		readonly silencedUntil: number | undefined;
	};

export function alertmanagerAlertRow(
	target: string,
	facts: AlertFacts,
	silences: readonly Silence[],
): AlertmanagerAlertRow {
	const notification = facts.silencedBy.length > 0 ? 'silenced' : facts.inhibitedBy.length > 0 ? 'inhibited' : 'firing';
	const sentence = alertSentence(facts.labels, facts.annotations);
	// A silenced alert is known to a person, and an inhibited one follows from an alert that notifies.
	const severity = notification === 'firing' ? alertSeverity(facts.labels) : 'ok';
	const name = alertName(facts.labels);
	const ends = silences.filter(({id}) => facts.silencedBy.includes(id)).map(({endsAt}) => Date.parse(endsAt));
	return {
		...facts,
		id: facts.fingerprint,
		kind: 'alertmanager.alert',
		target,
		severity,
		...(severity === 'ok' ? {} : {why: sentence === '' ? name : sentence}),
		name,
		subject: alertSubject(facts.labels),
		sentence,
		since: Date.parse(facts.startsAt),
		notification,
		silencedUntil: ends.length === 0 ? undefined : Math.max(...ends),
	};
}

/** The numbers of firing, silenced and inhibited alerts. */
export function alertmanagerAlertGauges(rows: readonly AlertmanagerAlertRow[]): readonly Gauge<Notification>[] {
	const gauge = (notification: Notification): Gauge<Notification> => {
		const matching = rows.filter(row => row.notification === notification);
		return {
			id: notification,
			label: notification,
			value: matching.length,
			unit: 'count',
			severity: worstSeverity(matching.map(row => row.severity)),
		};
	};
	return alertNotifications.map(gauge);
}

/** One finding for each alert name. */
export const alertmanagerAlertFindings = (rows: readonly AlertmanagerAlertRow[]): readonly Finding[] =>
	alertFindings(rows, alertmanagerAlertFiring, {kind: 'alertmanager.alert', since: row => row.since});

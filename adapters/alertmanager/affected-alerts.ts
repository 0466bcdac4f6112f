import type {ShownFact} from '../../src/contract/action.ts';
import {alertSeverity} from '../../src/model/alert-labels.ts';
import type {AlertFacts} from '../../src/port/alertmanager.ts';

/** The numbers of alerts that a silence matches, which its confirmation shows. */
export type AffectedAlerts = {
	readonly alerts: number;
	readonly critical: number;
	/** Alerts that no silence hides now. */
	readonly audible: number;
};

/** Declares that a confirmation shows one of these numbers. */
export const countShownFact = (fact: string): ShownFact => ({
	fact,
	changeDetectedBy:
		'the number, counted again just before the request is sent: more than shown is a conflict, fewer is not',
});

/** Declares that a confirmation lists the alerts. */
export const listShownFact = (fact: string): ShownFact => ({
	fact,
	changeAllowedBecause:
		'alerts begin and end by themselves all the time; the numbers of alerts and of critical ones are bound',
});

export const countAffectedAlerts = (alerts: readonly AlertFacts[]): AffectedAlerts => ({
	alerts: alerts.length,
	critical: alerts.filter(({labels}) => alertSeverity(labels) === 'crit').length,
	audible: alerts.filter(({silencedBy}) => silencedBy.length === 0).length,
});

/** The number that has grown since it was shown, in a sentence; undefined when none has. Fewer alerts are no conflict: alerts end by themselves. */
export function describeGrowth(shown: AffectedAlerts, now: AffectedAlerts): string | undefined {
	if (now.alerts > shown.alerts) return `${now.alerts} alerts now, it was ${shown.alerts}`;
	if (now.critical > shown.critical) return `${now.critical} critical alerts now, it was ${shown.critical}`;
	if (now.audible > shown.audible) return `${now.audible} alerts that no silence hides now, it was ${shown.audible}`;
	return undefined;
}

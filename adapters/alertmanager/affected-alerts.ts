import type {ShownFact} from '../../src/contract/action.ts';
import {alertSeverity} from '../../src/model/alert-labels.ts';
import type {AlertFacts} from '../../src/port/alertmanager.ts';

/** How many alerts a silence reaches: the figures that a confirmation shows. */
export type AffectedAlerts = {
	readonly alerts: number;
	readonly critical: number;
	/** Those that no silence hides now. */
	readonly audible: number;
};

/** A figure of it, as an action declares what it shows. */
export const countShownFact = (fact: string): ShownFact => ({
	fact,
	bound: 'the number, counted again just before it is sent: more than shown is a conflict, fewer is not',
});

/** The alerts themselves. */
export const listShownFact = (fact: string): ShownFact => ({
	fact,
	notBound: 'alerts begin and end by themselves all the time; that they are not more, and not more critical, is bound',
});

export const countAffectedAlerts = (found: readonly AlertFacts[]): AffectedAlerts => ({
	alerts: found.length,
	critical: found.filter(({labels}) => alertSeverity(labels) === 'crit').length,
	audible: found.filter(({silencedBy}) => silencedBy.length === 0).length,
});

/** Which figure has grown since it was shown, in a sentence. Alerts end by themselves: that there are fewer is no harm. */
export function describeGrowth(shown: AffectedAlerts, now: AffectedAlerts): string | undefined {
	if (now.alerts > shown.alerts) return `${now.alerts} alerts now, it was ${shown.alerts}`;
	if (now.critical > shown.critical) return `${now.critical} critical alerts now, it was ${shown.critical}`;
	if (now.audible > shown.audible) return `${now.audible} alerts that no silence hides now, it was ${shown.audible}`;
	return undefined;
}

import {defineFindingType} from '../../contract/finding-type.ts';

export const prometheusAlertFiring = defineFindingType({
	type: 'prometheus.alert-firing',
	actions: [],
	inspections: ['prometheus.alert'],
});

export const targetsDown = defineFindingType({
	type: 'prometheus.targets-down',
	actions: [],
	inspections: ['prometheus.describe-target', 'prometheus.rules'],
});

/** A scrape takes almost as long as it may. */
export const targetsSlow = defineFindingType({...targetsDown, type: 'prometheus.targets-slow'});

/** Not scraped yet. */
export const targetsUnknown = defineFindingType({...targetsDown, type: 'prometheus.targets-unknown'});

/** So many targets are down that the network of the Prometheus itself is the likelier cause. */
export const networkCutOff = defineFindingType({
	type: 'prometheus.network-cut-off',
	actions: [],
	inspections: ['prometheus.describe-target'],
});

export const serverNotReady = defineFindingType({
	type: 'prometheus.not-ready',
	actions: [],
	inspections: ['prometheus.rules'],
});

export const reloadFailed = defineFindingType({
	type: 'prometheus.reload-failed',
	actions: ['prometheus.reload'],
	inspections: ['prometheus.rules'],
});

export const rulesFailing = defineFindingType({
	type: 'prometheus.rules-failing',
	actions: [],
	inspections: ['prometheus.rules'],
});

export const prometheusFindingTypes = [
	prometheusAlertFiring,
	targetsDown,
	targetsSlow,
	targetsUnknown,
	networkCutOff,
	serverNotReady,
	reloadFailed,
	rulesFailing,
] as const;

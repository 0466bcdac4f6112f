import {defineFindingType} from '../../contract/finding-type.ts';

/** A silence does not repair anything, so that it is not among the actions. */
export const alertmanagerAlertFiring = defineFindingType({
	type: 'alertmanager.alert-firing',
	actions: [],
	inspections: ['alertmanager.alert'],
});

export const silenceEndsSoon = defineFindingType({
	type: 'alertmanager.silence-ends-soon',
	actions: [],
	inspections: ['alertmanager.silence'],
});

export const silenceForgotten = defineFindingType({
	type: 'alertmanager.silence-forgotten',
	actions: ['alertmanager.expire-silence'],
	inspections: ['alertmanager.silence'],
});

export const alertmanagerFindingTypes = [alertmanagerAlertFiring, silenceEndsSoon, silenceForgotten] as const;

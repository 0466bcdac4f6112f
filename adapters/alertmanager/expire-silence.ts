import {defineAction} from '../../src/contract/define.ts';
import {conflictError} from '../../src/errors.ts';
import type {SilenceRow} from '../../src/model/alertmanager/silence.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {countShownFact, listShownFact} from './affected-alerts.ts';
import {
	checkSilencePlan,
	previewExpire,
	previewUndo,
	runSilencePlan,
	type SilencePlan,
	shortId,
	verifySilencePlan,
} from './silence-plan.ts';

/** Ends a silence before its end. */
export const expireSilence = defineAction<SilenceRow, AlertmanagerPort, AlertmanagerSettings>()<SilencePlan>({
	id: 'alertmanager.expire-silence',
	title: 'Expire silence',
	key: 'X',
	kind: 'alertmanager.silence',
	selects: 'one',
	params: [],
	shownFacts: [
		{fact: 'id and matchers', changeDetectedBy: 'the id: a silence with other matchers gets another id'},
		{fact: 'end', changeDetectedBy: 'endsAt, read again just before the request is sent'},
		{fact: 'state', changeDetectedBy: 'read again just before the request is sent'},
		{fact: 'author', changeDetectedBy: 'createdBy, read again just before the request is sent'},
		{fact: 'comment', changeDetectedBy: 'read again just before the request is sent'},
		countShownFact('how many alerts notify again'),
		countShownFact('how many of them are critical'),
		listShownFact('which alerts notify again'),
		{
			fact: 'how many stay silenced by another silence',
			changeAllowedBecause: 'when that one ends they notify again; the number of alerts that notify again now is bound',
		},
	],
	disabled: ([row]) => (row?.state === 'expired' ? 'it has ended already' : undefined),
	async preview([row], _params, context) {
		if (row === undefined) throw conflictError('no silence was selected');
		const current = (await context.port.silences(context)).find(({id}) => id === row.id);
		if (current === undefined || current.state === 'expired')
			throw conflictError(`silence ${shortId(row.id)} has ended already`);
		return previewExpire(current, context);
	},
	preflight: checkSilencePlan,
	run: runSilencePlan,
	verify: verifySilencePlan,
	settleMs: 10_000,
	undo: {propose: previewUndo},
});

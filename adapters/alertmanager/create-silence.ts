import {userInfo} from 'node:os';
import {defineAction} from '../../src/contract/define.ts';
import {AdapterError, conflictError} from '../../src/errors.ts';
import type {AlertmanagerAlertRow} from '../../src/model/alertmanager/alertmanager-alert.ts';
import {exactMatchers, matchersProblem, matchersText, parseMatchers} from '../../src/model/alertmanager/matcher.ts';
import {parseSilenceDuration, silenceDurationProblem} from '../../src/model/alertmanager/silence-duration.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {countShownFact, listShownFact} from './affected-alerts.ts';
import {
	checkSilencePlan,
	previewCreate,
	previewUndo,
	runSilencePlan,
	type SilencePlan,
	verifySilencePlan,
} from './silence-plan.ts';

/** The name of the Unix user. A container may run under a uid without an entry in the password file. */
function operatorName(): string {
	try {
		return userInfo().username;
	} catch {
		return `uid ${process.getuid?.() ?? 'unknown'}`;
	}
}

const maxCommentLength = 500;

/** Suppresses the notifications of an alert, and of all others that the matchers match, for a duration. */
export const createSilence = defineAction<AlertmanagerAlertRow, AlertmanagerPort, AlertmanagerSettings>()<SilencePlan>({
	id: 'alertmanager.silence',
	title: 'Silence',
	key: 'S',
	kind: 'alertmanager.alert',
	selects: 'one',
	params: [
		{
			name: 'duration',
			label: 'For how long',
			hint: '30m, 2h, 1h30m, 3d',
			initial: () => '2h',
			problem: silenceDurationProblem,
		},
		{
			name: 'matchers',
			label: 'Matchers',
			hint: 'the alerts to hide, as label="value" with = != =~ !~',
			initial: ([row]) => matchersText(exactMatchers(row?.labels ?? {})),
			problem: matchersProblem,
		},
		{
			name: 'comment',
			label: 'Comment',
			hint: 'the reason, for other people',
			initial: () => '',
			problem(text) {
				if (text.trim() === '') return 'Give the reason, so that other people know whether they may end the silence.';
				return text.length > maxCommentLength ? `Write at most ${maxCommentLength} characters.` : undefined;
			},
		},
	],
	shownFacts: [
		{
			fact: 'the alert',
			changeDetectedBy:
				'fingerprint, which is a hash of its labels, and startsAt, read again just before the request is sent',
		},
		{fact: 'the silences on the alert', changeDetectedBy: 'their ids, read again just before the request is sent'},
		{
			fact: 'that its end is in the future',
			changeDetectedBy: 'the end is part of the plan, and compared with the clock before the request is sent',
		},
		countShownFact('how many alerts it hides'),
		countShownFact('how many of them are critical'),
		countShownFact('how many of them notify now'),
		listShownFact('which alerts it hides'),
		{
			fact: 'other silences with the same matchers',
			changeDetectedBy: 'their ids and ends, read again just before the request is sent',
		},
		{
			fact: 'how many alerts fire in total',
			changeAllowedBecause:
				'alerts begin and end by themselves all the time; those that the silence hides are counted and bound',
		},
	],
	disabled: () => undefined,
	async preview([row], params, context) {
		if (row === undefined) throw conflictError('no alert was selected');
		const alert = (await context.port.alerts(context)).find(({fingerprint}) => fingerprint === row.fingerprint);
		if (alert === undefined) throw conflictError(`${row.name} has ended`);
		const seconds = parseSilenceDuration(params['duration'] ?? '');
		const comment = (params['comment'] ?? '').trim();
		const problem = matchersProblem(params['matchers'] ?? '');
		if (seconds === undefined || comment === '' || problem !== undefined) {
			throw new AdapterError(
				'unsupported',
				problem ?? 'a silence needs a duration and a comment',
				'Enter them and try again.',
			);
		}
		const matchers = parseMatchers(params['matchers'] ?? '');
		// Rounded up to full seconds, because the server rounds: so the end that it returns equals the end that the user confirmed.
		const ends = Math.ceil(context.now() / 1000) * 1000 + seconds * 1000;
		const matched = await context.port.alerts(context, matchers);
		const covered = matched.some(({fingerprint}) => fingerprint === alert.fingerprint);
		return previewCreate(
			{
				do: 'silence',
				target: context.target.name,
				silence: {matchers, endsAt: new Date(ends).toISOString(), createdBy: operatorName(), comment},
				alert: {
					fingerprint: alert.fingerprint,
					name: row.name,
					startsAt: alert.startsAt,
					silencedBy: alert.silencedBy,
				},
				recreatedId: undefined,
			},
			context,
			covered ? {} : {mismatch: `these matchers do not match ${row.name} itself: it keeps notifying`},
		);
	},
	preflight: checkSilencePlan,
	run: runSilencePlan,
	verify: verifySilencePlan,
	settleMs: 10_000,
	undo: {propose: previewUndo},
});

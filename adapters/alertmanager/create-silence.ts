import {userInfo} from 'node:os';
import {defineAction} from '../../src/contract/define.ts';
import {AdapterError} from '../../src/errors.ts';
import type {AlertmanagerAlertRow} from '../../src/model/alertmanager/alertmanager-alert.ts';
import {exactMatchers, matchersProblem, matchersText, parseMatchers} from '../../src/model/alertmanager/matcher.ts';
import {parseSilenceDuration, silenceDurationProblem} from '../../src/model/alertmanager/silence-duration.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {countShownFact, listShownFact} from './affected-alerts.ts';
import {
	checkSilencePlan,
	conflictError,
	previewCreate,
	previewUndo,
	runSilencePlan,
	type SilencePlan,
	verifySilencePlan,
} from './silence-plan.ts';

/** Who sits here. A container may run under a uid that no password file knows. */
function operatorName(): string {
	try {
		return userInfo().username;
	} catch {
		return `uid ${process.getuid?.() ?? 'unknown'}`;
	}
}

function alertOf([row]: readonly unknown[]): AlertmanagerAlertRow | undefined {
	return row as AlertmanagerAlertRow | undefined;
}

const maxCommentLength = 500;

/** Holds back what is told of an alert, and of all others that the matchers meet, for a while. */
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
			hint: 'what it hides, as label="value" with = != =~ !~',
			initial: rows => matchersText(exactMatchers(alertOf(rows)?.labels ?? {})),
			problem: matchersProblem,
		},
		{
			name: 'comment',
			label: 'Comment',
			hint: 'why, for those who find it',
			initial: () => '',
			problem(text) {
				if (text.trim() === '') return 'Say why, for those who find the silence and ask whether it may go.';
				return text.length > maxCommentLength ? `Write at most ${maxCommentLength} characters.` : undefined;
			},
		},
	],
	shows: [
		{
			fact: 'the alert',
			bound: 'fingerprint, which is a hash of its labels, and startsAt, read again just before it is sent',
		},
		{fact: 'the silences on the alert', bound: 'their ids, read again just before it is sent'},
		{
			fact: 'that its end is to come',
			bound: 'the end is part of the plan, and compared with the clock before it is sent',
		},
		countShownFact('how many alerts it hides'),
		countShownFact('how many of them are critical'),
		countShownFact('how many of them notify now'),
		listShownFact('which alerts it hides'),
		{fact: 'other silences with the same matchers', bound: 'their ids and ends, read again just before it is sent'},
		{
			fact: 'how many alerts fire in all',
			notBound: 'they begin and end by themselves all the time; those that the silence hides are counted and bound',
		},
	],
	disabled: () => undefined,
	async preview([row], params, context) {
		if (row === undefined) throw conflictError('no alert was selected');
		const now = (await context.port.alerts(context)).find(({fingerprint}) => fingerprint === row.fingerprint);
		if (now === undefined) throw conflictError(`${row.name} has ended`);
		const seconds = parseSilenceDuration(params['duration'] ?? '');
		const comment = (params['comment'] ?? '').trim();
		const problem = matchersProblem(params['matchers'] ?? '');
		if (seconds === undefined || comment === '' || problem !== undefined) {
			throw new AdapterError(
				'unsupported',
				problem ?? 'a silence needs a length and a comment',
				'Write them and try again.',
			);
		}
		const matchers = parseMatchers(params['matchers'] ?? '');
		// Whole seconds: what is confirmed is what is read back.
		const ends = Math.ceil(context.now() / 1000) * 1000 + seconds * 1000;
		const matched = await context.port.alerts(context, matchers);
		const met = matched.some(({fingerprint}) => fingerprint === now.fingerprint);
		return previewCreate(
			{
				do: 'silence',
				target: context.target.name,
				silence: {matchers, endsAt: new Date(ends).toISOString(), createdBy: operatorName(), comment},
				alert: {
					fingerprint: now.fingerprint,
					name: row.name,
					startsAt: now.startsAt,
					silencedBy: now.silencedBy,
				},
				again: undefined,
			},
			context,
			met ? {} : {mismatch: `these matchers do not match ${row.name} itself: it goes on being told`},
		);
	},
	preflight: checkSilencePlan,
	run: runSilencePlan,
	verify: verifySilencePlan,
	settleMs: 10_000,
	undo: {propose: previewUndo},
});

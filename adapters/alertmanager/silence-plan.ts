import type {ActionContext, Check, Outcome, Preview, Receipt} from '../../src/contract/action.ts';
import {conflictError, readBeforeSending} from '../../src/errors.ts';
import {alertName, alertSubject} from '../../src/model/alert-labels.ts';
import {matchersText} from '../../src/model/alertmanager/matcher.ts';
import type {
	AlertFacts,
	AlertmanagerPort,
	AlertmanagerSettings,
	NewSilence,
	Silence,
} from '../../src/port/alertmanager.ts';
import {formatClockTime, formatDuration} from '../../src/text/format.ts';
import {type AffectedAlerts, countAffectedAlerts, describeGrowth} from './affected-alerts.ts';
import {curlTargetCommand} from './cli-equivalent.ts';

/*
 * Creating a silence and ending one undo each other, so both actions have both plans. A silence exists on the Alertmanager that it is sent to
 * and on its peers, not on other Alertmanagers.
 */

export type CreateSilencePlan = {
	readonly do: 'silence';
	readonly target: string;
	readonly silence: NewSilence;
	/** The selected alert; undefined when an ended silence is created again. */
	readonly alert:
		| {
				readonly fingerprint: string;
				readonly name: string;
				readonly startsAt: string;
				readonly silencedBy: readonly string[];
		  }
		| undefined;
	/** Id of the ended silence that is created again. */
	readonly recreatedId: string | undefined;
	/** The alerts that it hides, as shown. */
	readonly hides: AffectedAlerts;
	/** Active silences with the same matchers, as shown: id and end. */
	readonly like: readonly string[];
};

export type ExpireSilencePlan = {
	readonly do: 'expire';
	readonly target: string;
	readonly silence: Silence;
	/** The alerts that notify again, as shown. */
	readonly notifies: AffectedAlerts;
};

export type SilencePlan = CreateSilencePlan | ExpireSilencePlan;

type SilenceContext = ActionContext<AlertmanagerPort, AlertmanagerSettings>;

const formatAlertCount = (alerts: readonly unknown[]): string =>
	alerts.length === 1 ? '1 alert' : `${alerts.length} alerts`;

/** `, 2 of them critical`; empty when none is. */
const criticalOf = (alerts: readonly AlertFacts[]): string => {
	const {critical} = countAffectedAlerts(alerts);
	return critical === 0 ? '' : `, ${critical} of them critical`;
};

const maxTouched = 10;

const alertLine = ({labels}: AlertFacts): string => `alert ${alertName(labels)} ${alertSubject(labels)}`.trim();

/** All objects for the audit record, and the first of them for the confirmation. */
const touchedAlerts = (objects: readonly string[]): Pick<Preview, 'objects' | 'touches'> => ({
	objects,
	touches:
		objects.length > maxTouched
			? [...objects.slice(0, maxTouched), `${objects.length - maxTouched} more alerts`]
			: objects,
});

/** The first characters of the id of a silence, for people. */
export const shortId = (id: string): string => id.slice(0, 8);

const lengthOf = (endsAt: string, now: number): string => formatDuration((Date.parse(endsAt) - now) / 1000);

const oneDay = 86_400_000;

/** `2026-11-22 04:25:08Z`. */
const formatTime = (moment: string): string => moment.replace('T', ' ').replace(/\.\d+Z$/, 'Z');

/** The preview of creating a silence. `mismatch`: why the silence does not help the selected alert. */
export async function previewCreate(
	wanted: Omit<CreateSilencePlan, 'hides' | 'like'>,
	context: SilenceContext,
	{mismatch}: {readonly mismatch?: string | undefined} = {},
): Promise<Preview<SilencePlan>> {
	const {silence, alert, recreatedId} = wanted;
	const [hidden, silences] = await Promise.all([
		context.port.alerts(context, silence.matchers),
		context.port.silences(context),
	]);
	const plan: CreateSilencePlan = {
		...wanted,
		hides: countAffectedAlerts(hidden),
		like: silencesWithSameMatchers(silence, silences).map(idAndEnd),
	};
	const now = context.now();
	const firing = hidden.filter(({silencedBy}) => silencedBy.length === 0);
	const isLong = Date.parse(silence.endsAt) - now > oneDay;
	return {
		plan,
		target: context.target.name,
		object: alert?.name ?? shortId(recreatedId ?? ''),
		lockNames: [alert === undefined ? `silence ${recreatedId}` : `alert ${alert.fingerprint}`],
		count: Math.max(1, hidden.length),
		...touchedAlerts(hidden.length === 0 ? ['no alert that fires now'] : hidden.map(alertLine)),
		cliEquivalent: curlTargetCommand(context.target, '/api/v2/silences', [
			...['-X', 'POST', '-H', 'Content-Type: application/json'],
			...['-d', JSON.stringify({...silence, startsAt: silence.startsAt ?? new Date(now).toISOString()})],
		]),
		impact: `Until ${formatTime(silence.endsAt)}, for ${lengthOf(silence.endsAt, now)}, no receiver is notified of alerts that match ${matchersText(silence.matchers)}: ${formatAlertCount(hidden)} now${criticalOf(hidden)}. ${hidden.length === firing.length ? '' : `${formatAlertCount(firing)} of these notify now. `}They keep firing: a silence repairs nothing.`,
		checkedIdentity:
			alert === undefined
				? `silence ${recreatedId}, which has ended`
				: `fingerprint ${alert.fingerprint}, firing since ${alert.startsAt}, ${alert.silencedBy.length === 0 ? 'not silenced' : `silenced by ${alert.silencedBy.map(shortId).join(', ')}`}`,
		changes: [
			{
				field: 'silence',
				before: recreatedId === undefined ? 'none' : 'ended',
				after: `until ${formatTime(silence.endsAt)}, by ${silence.createdBy}`,
			},
		],
		risk: hidden.length > 1 || isLong ? 'medium' : 'low',
		undo: {class: 'exact', text: 'exact: end the silence'},
		...(mismatch === undefined ? {} : {unhelpful: {reason: mismatch}}),
	};
}

/** The preview of ending a silence. */
export async function previewExpire(silence: Silence, context: SilenceContext): Promise<Preview<SilencePlan>> {
	const alerts = await context.port.alerts(context);
	const loud = alertsNotifiedAgain(silence, alerts);
	const stillSilenced = alerts.filter(({silencedBy}) => silencedBy.includes(silence.id)).length - loud.length;
	return {
		plan: {do: 'expire', target: context.target.name, silence, notifies: countAffectedAlerts(loud)},
		target: context.target.name,
		object: shortId(silence.id),
		lockNames: [`silence ${silence.id}`],
		count: 1 + loud.length,
		...touchedAlerts([`silence ${silence.id}, ${matchersText(silence.matchers)}`, ...loud.map(alertLine)]),
		cliEquivalent: curlTargetCommand(context.target, `/api/v2/silence/${silence.id}`, ['-X', 'DELETE']),
		impact: `The silence of ${silence.createdBy || 'an unknown author'} ends now instead of at ${formatTime(silence.endsAt)}. ${
			loud.length === 0
				? 'It hides no alert that would notify.'
				: `${formatAlertCount(loud)}${criticalOf(loud)} that it hides notify again, within the group_interval of their route.`
		}${stillSilenced > 0 ? ` ${stillSilenced} more stay silenced by another silence.` : ''}`,
		checkedIdentity: `id ${silence.id}, ${silence.state} until ${silence.endsAt}, author ${silence.createdBy || 'not given'}`,
		changes: [{field: 'state', before: silence.state, after: 'expired'}],
		risk: loud.length === 0 ? 'low' : 'medium',
		undo: {
			class: 'approximate',
			text: 'approximate: a new silence with the same matchers and end, under a new id; notifications sent in between cannot be recalled',
		},
	};
}

/** The alerts that only this silence hides. */
const alertsNotifiedAgain = (silence: Silence, alerts: readonly AlertFacts[]): readonly AlertFacts[] =>
	alerts.filter(
		({silencedBy, inhibitedBy}) => silencedBy.length === 1 && silencedBy[0] === silence.id && inhibitedBy.length === 0,
	);

const sameMatchers = (a: Pick<Silence, 'matchers'>, b: Pick<Silence, 'matchers'>): boolean =>
	a.matchers
		.map(matcher => matchersText([matcher]))
		.sort()
		.join() ===
	b.matchers
		.map(matcher => matchersText([matcher]))
		.sort()
		.join();

/** Active silences with the same matchers. */
const silencesWithSameMatchers = (
	silence: Pick<Silence, 'matchers'>,
	silences: readonly Silence[],
): readonly Silence[] => silences.filter(other => other.state === 'active' && sameMatchers(other, silence));

const idAndEnd = ({id, endsAt}: Silence): string => `${id} until ${endsAt}`;

const conflictCheck = (label: string, detail: string): Check => ({label, result: 'block', detail, conflict: true});

async function checkCreate(plan: CreateSilencePlan, context: SilenceContext): Promise<readonly Check[]> {
	const {silence, alert, recreatedId} = plan;
	const {port} = context;
	const [all, hidden, silences] = await Promise.all([
		port.alerts(context),
		port.alerts(context, silence.matchers),
		port.silences(context),
	]);
	const checks: Check[] = [];
	if (alert !== undefined) {
		const label = 'the alert';
		const now = all.find(({fingerprint}) => fingerprint === alert.fingerprint);
		const hasOtherSilences = now && [...now.silencedBy].sort().join() !== [...alert.silencedBy].sort().join();
		if (now === undefined) checks.push(conflictCheck(label, 'it has ended'));
		else if (now.startsAt !== alert.startsAt)
			checks.push(conflictCheck(label, `it ended and fires again, since ${formatTime(now.startsAt)}`));
		else if (hasOtherSilences)
			checks.push(
				conflictCheck(label, now.silencedBy.length === 0 ? 'it is no longer silenced' : 'its silences have changed'),
			);
		else checks.push({label, result: 'pass', detail: `still firing, since ${formatTime(now.startsAt)}`});
	} else {
		const ended = silences.find(({id}) => id === recreatedId)?.state !== 'active';
		checks.push(
			ended
				? {label: 'the silence', result: 'pass', detail: 'it has ended'}
				: conflictCheck('the silence', 'it is active again'),
		);
	}
	if (Date.parse(silence.endsAt) <= context.now())
		checks.push(conflictCheck('its end', `was ${formatTime(silence.endsAt)}, which has passed`));
	return [...checks, ...checkSimilarSilences(plan, silences), checkAffectedAlerts(plan, all, hidden)];
}

/** Checks that the other silences with the same matchers are those that were shown. */
function checkSimilarSilences(plan: CreateSilencePlan, silences: readonly Silence[]): readonly Check[] {
	const label = 'other silences';
	const like = silencesWithSameMatchers(plan.silence, silences);
	const [first] = like;
	const newSilence = like.find(silence => !plan.like.includes(idAndEnd(silence)));
	if (newSilence !== undefined) {
		const detail = `${newSilence.createdBy || 'an unknown author'} has one with the same matchers until ${formatTime(newSilence.endsAt)} now`;
		return [conflictCheck(label, detail)];
	}
	if (like.length < plan.like.length) return [conflictCheck(label, 'one with the same matchers has ended')];
	if (first === undefined) return [];
	const detail = `${first.createdBy || 'an unknown author'} has one with the same matchers until ${formatTime(first.endsAt)}`;
	return [{label, result: 'warn', detail}];
}

/** Checks that the silence hides no more alerts than were shown. */
function checkAffectedAlerts(
	{alert, hides}: CreateSilencePlan,
	all: readonly AlertFacts[],
	hidden: readonly AlertFacts[],
): Check {
	const label = 'alerts it hides';
	const growth = describeGrowth(hides, countAffectedAlerts(hidden));
	if (growth !== undefined) return conflictCheck(label, growth);
	if (all.length > 1 && hidden.length === all.length)
		return {label, result: 'warn', detail: `all ${formatAlertCount(all)} that fire now`};
	const isWide = alert !== undefined && hidden.length > 1;
	return {
		label,
		result: isWide ? 'warn' : 'pass',
		detail: `${hidden.length} of the ${formatAlertCount(all)} that fire now`,
	};
}

/** How a silence differs from what was shown, in a sentence; undefined when it does not. */
function describeSilenceConflict(shown: Silence, now: Silence | undefined): string | undefined {
	if (now === undefined || now.state === 'expired') return 'it has ended already';
	if (now.endsAt !== shown.endsAt)
		return `it ends at ${formatTime(now.endsAt)} now, it was ${formatTime(shown.endsAt)}`;
	if (now.state !== shown.state) return `it is ${now.state} now, it was ${shown.state}`;
	if (now.createdBy !== shown.createdBy)
		return `its author is ${now.createdBy || 'not given'} now, it was ${shown.createdBy || 'not given'}`;
	if (now.comment !== shown.comment) return `its comment is "${now.comment}" now, it was "${shown.comment}"`;
	return sameMatchers(now, shown) ? undefined : 'its matchers were changed';
}

async function checkExpire({silence, notifies}: ExpireSilencePlan, context: SilenceContext): Promise<readonly Check[]> {
	const [silences, alerts] = await Promise.all([context.port.silences(context), context.port.alerts(context)]);
	const now = silences.find(({id}) => id === silence.id);
	const loud = alertsNotifiedAgain(silence, alerts);
	const conflict = describeSilenceConflict(silence, now);
	const label = 'alerts that notify again';
	const growth = describeGrowth(notifies, countAffectedAlerts(loud));
	const affected: Check =
		growth !== undefined
			? conflictCheck(label, growth)
			: loud.length === 0
				? {label, result: 'pass', detail: 'none: no alert that it matches fires'}
				: {label, result: 'warn', detail: `${formatAlertCount(loud)}${criticalOf(loud)}`};
	return [
		conflict === undefined
			? {label: 'the silence', result: 'pass', detail: `${silence.state}, until ${formatTime(silence.endsAt)}`}
			: conflictCheck('the silence', conflict),
		affected,
	];
}

/** Reads again everything that the plan is bound to. */
export const checkSilencePlan = (plan: SilencePlan, context: SilenceContext): Promise<readonly Check[]> =>
	plan.do === 'silence' ? checkCreate(plan, context) : checkExpire(plan, context);

/** Sends the plan, once. @throws AdapterError `conflict` when anything differs from what was shown; nothing was sent. */
export async function runSilencePlan(plan: SilencePlan, context: SilenceContext): Promise<Receipt> {
	const conflict = (await readBeforeSending(checkSilencePlan(plan, context))).find(check => check.conflict);
	if (conflict !== undefined) throw conflictError(`${conflict.label}: ${conflict.detail}`);
	if (plan.do === 'silence') {
		const id = await context.port.createSilence(plan.silence, plan.alert, context);
		return {summary: `silence ${id} until ${plan.silence.endsAt}`, before: {id}};
	}
	const {id, endsAt, createdBy, comment, matchers} = plan.silence;
	await context.port.expireSilence(plan.silence, context);
	return {
		summary: `end of silence ${id}`,
		before: {id, endsAt, createdBy, comment, matchers: matchersText(matchers)},
	};
}

/** Reads the silence and the alerts again, and returns the outcome of the plan. */
export async function verifySilencePlan(
	plan: SilencePlan,
	receipt: Receipt,
	context: SilenceContext,
): Promise<Outcome> {
	const id = receipt.before['id'] ?? '';
	const [silences, alerts] = await Promise.all([context.port.silences(context), context.port.alerts(context)]);
	const now = silences.find(silence => silence.id === id);
	if (plan.do === 'expire') {
		if (now !== undefined && now.state !== 'expired')
			return {result: 'pending', detail: `silence ${id} is still ${now.state}`};
		const loud = alerts.filter(({silencedBy}) => silencedBy.includes(id)).length;
		return loud > 0
			? {result: 'pending', detail: `it still hides ${loud} alerts`}
			: {result: 'done', detail: `silence ${shortId(id)} has ended`};
	}
	// Another peer may answer, which learns of it by gossip.
	if (now === undefined) return {result: 'pending', detail: `silence ${id} is not listed yet`};
	if (now.state === 'expired') return {result: 'ineffective', detail: `silence ${id} has ended already`};
	const hidden = alerts.filter(({silencedBy}) => silencedBy.includes(id));
	const chosen = alerts.find(({fingerprint}) => fingerprint === plan.alert?.fingerprint);
	if (chosen !== undefined && plan.alert !== undefined && !hidden.includes(chosen)) {
		const detail = `silence ${shortId(id)} is ${now.state} but does not hide ${plan.alert.name}`;
		const matched = (await context.port.alerts(context, plan.silence.matchers)).some(
			({fingerprint}) => fingerprint === chosen.fingerprint,
		);
		return {result: matched ? 'pending' : 'ineffective', detail};
	}
	return {
		result: 'done',
		detail: `silence ${shortId(id)} is ${now.state} until ${formatClockTime(Date.parse(now.endsAt))}, hides ${formatAlertCount(hidden)}`,
	};
}

/** The other way round, from what was sent. @throws AdapterError `conflict` when there is nothing to take back. */
export async function previewUndo(
	plan: SilencePlan,
	receipt: Receipt,
	context: SilenceContext,
): Promise<Preview<SilencePlan>> {
	const id = receipt.before['id'] ?? '';
	const now = (await context.port.silences(context)).find(silence => silence.id === id);
	if (plan.do === 'silence') {
		if (now === undefined || now.state === 'expired') throw conflictError(`silence ${shortId(id)} has ended already`);
		return previewExpire(now, context);
	}
	const {matchers, endsAt, startsAt, createdBy, comment, state} = plan.silence;
	if (Date.parse(endsAt) <= context.now())
		throw conflictError(`the silence would have ended at ${formatTime(endsAt)} by itself`);
	return previewCreate(
		{
			do: 'silence',
			target: plan.target,
			silence: {matchers, endsAt, createdBy, comment, ...(state === 'pending' ? {startsAt} : {})},
			alert: undefined,
			recreatedId: id,
		},
		context,
	);
}

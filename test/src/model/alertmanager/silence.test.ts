import {describe, expect, it} from 'vitest';
import {silenceFindings, silenceRow} from '../../../../src/model/alertmanager/silence.ts';
import {parseSilenceDuration, silenceDurationProblem} from '../../../../src/model/alertmanager/silence-duration.ts';
import type {AlertFacts, Silence} from '../../../../src/port/alertmanager.ts';

const now = Date.UTC(2026, 10, 21, 14);
const minute = 60_000;
const day = 86_400_000;
const at = (offset: number) => new Date(now + offset).toISOString();

const silence = (part: Partial<Silence> = {}): Silence => ({
	id: 'one',
	state: 'active',
	matchers: [{name: 'job', value: 'api', isRegex: false, isEqual: true}],
	startsAt: at(-minute),
	endsAt: at(60 * minute),
	updatedAt: at(-minute),
	createdBy: 'mira',
	comment: 'OPS-1',
	...part,
});

const alert = (alertname: string, silencedBy: readonly string[] = ['one']): AlertFacts => ({
	fingerprint: alertname,
	labels: {alertname},
	annotations: {},
	state: 'suppressed',
	silencedBy,
	inhibitedBy: [],
	receivers: [],
	startsAt: at(-minute),
	updatedAt: at(-minute),
	generatorURL: '',
});

const row = (part: Partial<Silence>, alerts: readonly AlertFacts[] = [alert('Down'), alert('Other', [])]) =>
	silenceRow('am', silence(part), {alerts, now});
const sentences = (part: Partial<Silence>, alerts?: readonly AlertFacts[]) =>
	silenceFindings([row(part, alerts)], now).map(({severity, sentence}) => `${severity}: ${sentence}`);

describe('a silence', () => {
	it('lists the alerts that the server says it hides', () => {
		expect(row({})).toMatchObject({severity: 'ok', hides: ['Down'], text: 'job="api"', remark: undefined});
		expect(sentences({})).toEqual([]);
	});

	it('is a finding when it ends soon while an alert under it fires', () => {
		expect(row({endsAt: at(14 * minute)})).toMatchObject({
			severity: 'warn',
			why: 'ends in 14m00s, 1 alert under it still firing',
		});
		expect(sentences({endsAt: at(14 * minute)})).toEqual([
			'warn: silence of mira ends in 14m00s while Down still fires',
		]);
		expect(sentences({endsAt: at(16 * minute)})).toEqual([]);
		expect(sentences({endsAt: at(14 * minute)}, [])).toEqual([]);
	});

	it('is a finding when it has been active for a week', () => {
		expect(sentences({startsAt: at(-7 * day)})).toEqual([
			'warn: silence of mira has been active for 7d00h, hides Down',
		]);
		expect(sentences({startsAt: at(-23 * day), createdBy: ''}, [])).toEqual([
			'warn: silence of an unknown author has been active for 23d, hides nothing now',
		]);
		expect(sentences({startsAt: at(-7 * day + minute)})).toEqual([]);
	});

	it('is no finding before it begins and after it has ended', () => {
		expect(sentences({state: 'expired', startsAt: at(-8 * day), endsAt: at(-minute)})).toEqual([]);
		expect(sentences({state: 'pending', startsAt: at(minute), endsAt: at(5 * minute)})).toEqual([]);
	});

	it('offers to end a forgotten silence, and not one that ends soon', () => {
		const actions = (part: Partial<Silence>) => silenceFindings([row(part)], now).flatMap(finding => finding.actions);
		expect(actions({startsAt: at(-8 * day)})).toEqual(['alertmanager.expire-silence']);
		expect(actions({endsAt: at(minute)})).toEqual([]);
	});
});

describe('the duration of a silence', () => {
	it.each([
		['30m', 1800],
		['2h', 7200],
		[' 1h30m ', 5400],
		['1w2d', 777_600],
		['90s', 90],
	])('%s', (text, seconds) => {
		expect(parseSilenceDuration(text)).toBe(seconds);
		expect(silenceDurationProblem(text)).toBeUndefined();
	});

	it.each(['', '2', 'h', '2 h', '-2h', '1.5h', '30m2h', '2H', '59s', '0h', '366d', '99999999h'])(
		'%j is refused with a sentence',
		text => {
			expect(silenceDurationProblem(text)).toMatch(/^(?:This|That) .*\.$/);
		},
	);
});

import {expect, test} from 'vitest';
import {previewCreate, previewExpire} from '../../../adapters/alertmanager/silence-plan.ts';
import type {ActionContext} from '../../../src/contract/action.ts';
import type {AlertFacts, AlertmanagerPort, AlertmanagerSettings, Silence} from '../../../src/port/alertmanager.ts';
import {fakeSaveFile, testContext} from '../conformance-subject.ts';

const alerts = Array.from(
	{length: 54},
	(_, index): AlertFacts => ({
		fingerprint: `f${index}`,
		labels: {alertname: 'TargetDown', instance: `host-${index}`},
		annotations: {},
		state: 'suppressed',
		silencedBy: ['s1'],
		inhibitedBy: [],
		receivers: [],
		startsAt: '2026-11-21T14:00:00Z',
		updatedAt: '2026-11-21T14:00:00Z',
		generatorURL: '',
	}),
);

const context: ActionContext<AlertmanagerPort, AlertmanagerSettings> = {
	...testContext(),
	port: {alerts: async () => alerts, silences: async () => []} as unknown as AlertmanagerPort,
	target: {
		name: 'alerts',
		kind: 'alertmanager',
		production: false,
		settings: {url: 'http://127.0.0.1:9093', auth: {kind: 'none'}, headers: {}, environment: {}},
	},
	record: 'r',
	saveFile: fakeSaveFile,
};

const silence: Silence = {
	id: 's1',
	state: 'active',
	matchers: [],
	startsAt: '2026-11-21T14:00:00Z',
	endsAt: '2036-11-21T16:00:00Z',
	createdBy: 'oncall',
	comment: 'maintenance',
} as unknown as Silence;

test('a silence counts every alert that it hides, lists ten, and records all', async () => {
	const wanted = {do: 'silence', target: 'alerts', silence, alert: undefined, recreatedId: 's1'} as const;
	const {count, touches, objects} = await previewCreate(wanted, context);
	expect(count).toBe(54);
	expect(touches).toHaveLength(11);
	expect(touches.at(-1)).toBe('44 more alerts');
	expect(objects).toHaveLength(54);
	expect(new Set(objects).size).toBe(54);
});

test('the end of a silence counts itself and every alert that notifies again', async () => {
	const {count, touches, objects} = await previewExpire(silence, context);
	expect(count).toBe(55);
	expect(touches.at(-1)).toBe('45 more alerts');
	expect(objects).toHaveLength(55);
});

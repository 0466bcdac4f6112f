import {afterAll, beforeAll} from 'vitest';
import {alertmanagerSystem} from '../../../adapters/alertmanager/system.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {AlertmanagerAlertRow} from '../../../src/model/alertmanager/alertmanager-alert.ts';
import type {SilenceRow} from '../../../src/model/alertmanager/silence.ts';
import type {AlertmanagerPort} from '../../../src/port/alertmanager.ts';
import {type BindingCases, planBindingTests, type ShownPlan} from '../plan-bindings.ts';
import {type AlertmanagerFixture, filledParams, openAlertmanager} from './alertmanager-fixture.ts';
import {
	alertsOf,
	createSilenceDirectly,
	describeDedicatedAlertmanager,
	expireSilenceDirectly,
	fireAlert,
	resolveAlert,
	silencesOf,
	updateSilenceDirectly,
} from './dedicated-alertmanager.ts';
import {type ReverseProxy, startReverseProxy} from './reverse-proxy.ts';

const down = {alertname: 'TargetDown', job: 'api', instance: 'a:1', severity: 'critical'};
const twin = {...down, instance: 'a:2', severity: 'info'};
const third = {...down, instance: 'a:3'};
const ofJob = {job: 'api'};
const hour = 3_600_000;

/** Ids of the silences that exist before the plan. `own`: the one that the plan ends. */
type Before = Readonly<Record<string, string>>;
type Scene = {
	readonly prepare?: () => Promise<Before>;
	/** Changes one fact. Resolves with a number of milliseconds when the clock of the console moves forward instead. */
	readonly change: (before: Before) => Promise<unknown>;
};

await describeDedicatedAlertmanager('the bindings of a plan', server => {
	let proxy: ReverseProxy;
	beforeAll(async () => {
		proxy = await startReverseProxy(server);
	});
	afterAll(() => proxy.close());

	const removeAll = async () => {
		for (const {id, status} of await silencesOf(server))
			if (status.state !== 'expired') await expireSilenceDirectly(server, id);
		for (const {labels} of await alertsOf(server)) await resolveAlert(server, labels);
	};
	const rowOf = async (fixture: AlertmanagerFixture, isSilence: boolean, {own = ''}: Before): Promise<Row> => {
		const row = isSilence
			? (await fixture.read<SilenceRow>('alertmanager.silence')).rows.find(({id}) => id === own)
			: (await fixture.read<AlertmanagerAlertRow>('alertmanager.alert')).rows.find(
					({labels}) => labels['instance'] === 'a:1',
				);
		if (row === undefined) throw new Error('there is no such row');
		return row;
	};

	/** A plan for the alert `down` or for a silence of everything of its job, through a proxy that records what is sent. */
	const shown =
		({prepare, change}: Scene) =>
		async (action: Action<Row, AlertmanagerPort>): Promise<ShownPlan<AlertmanagerPort>> => {
			const isSilence = action.id === 'alertmanager.expire-silence';
			await removeAll();
			for (const labels of [down, twin]) await fireAlert(server, labels);
			const own = isSilence ? {own: await createSilenceDirectly(server, ofJob, {by: 'mira'})} : {};
			const before = {...own, ...(await prepare?.())};
			let ahead = 0;
			const fixture = await openAlertmanager(proxy, {readOnly: false}, () => Date.now() + ahead);
			const row = await rowOf(fixture, isSilence, before);
			const given = {matchers: 'job="api"', comment: 'bindings', duration: '1h'};
			const {plan} = await action.preview([row], filledParams(action as Action, row, given), fixture.actionContext);
			proxy.requests.length = 0;
			return {
				plan: () => plan,
				context: fixture.actionContext,
				async change() {
					const later = await change(before);
					if (typeof later === 'number') ahead = later;
				},
				wasApplied: async () => proxy.requests.some(line => !line.startsWith('GET')),
				async cleanUp() {
					await fixture.close();
					await removeAll();
				},
			};
		};

	const isMore = shown({change: () => fireAlert(server, third)});
	/** The same number of alerts, with one more critical one. */
	const isWorse = shown({
		async change() {
			await resolveAlert(server, twin);
			await fireAlert(server, third);
		},
	});
	const own =
		(change: (id: string) => Promise<unknown>): Scene['change'] =>
		before =>
			change(before['own'] ?? '');

	const cases: BindingCases<AlertmanagerPort> = {
		'alertmanager.silence': {
			'the alert': shown({
				async change() {
					await resolveAlert(server, down);
					await fireAlert(server, down, {}, 1000);
				},
			}),
			'the silences on the alert': shown({change: () => createSilenceDirectly(server, {instance: 'a:1'})}),
			'that its end is in the future': shown({change: async () => 2 * hour}),
			'how many alerts it hides': isMore,
			'how many of them are critical': isWorse,
			'how many of them notify now': shown({
				prepare: async () => ({other: await createSilenceDirectly(server, {instance: 'a:2'})}),
				change: ({other = ''}) => expireSilenceDirectly(server, other),
			}),
			'other silences with the same matchers': shown({
				prepare: async () => ({other: await createSilenceDirectly(server, ofJob)}),
				change: ({other = ''}) =>
					updateSilenceDirectly(server, other, {endsAt: new Date(Date.now() + 5 * hour).toISOString()}),
			}),
		},
		'alertmanager.expire-silence': {
			'id and matchers': shown({change: own(id => createSilenceDirectly(server, {instance: 'a:1'}, {id}))}),
			end: shown({
				change: own(id => updateSilenceDirectly(server, id, {endsAt: new Date(Date.now() + 5 * hour).toISOString()})),
			}),
			state: shown({change: own(id => expireSilenceDirectly(server, id))}),
			author: shown({change: own(id => updateSilenceDirectly(server, id, {createdBy: 'another user'}))}),
			comment: shown({
				change: own(id => updateSilenceDirectly(server, id, {comment: 'keep it: the disk is being replaced'})),
			}),
			'how many alerts notify again': isMore,
			'how many of them are critical': isWorse,
		},
	};
	planBindingTests(alertmanagerSystem.actions as readonly Action<Row, AlertmanagerPort>[], cases);
});

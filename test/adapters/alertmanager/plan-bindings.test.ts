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

/** What there is before the plan is made: ids of silences by hand. `mine` is the one that is to end. */
type Before = Readonly<Record<string, string>>;
type Scene = {
	readonly prepare?: () => Promise<Before>;
	/** Changes one fact; resolves with how many milliseconds later it is for the console, when time is what changed. */
	readonly change: (before: Before) => Promise<unknown>;
};

await describeDedicatedAlertmanager('what a plan is bound to', server => {
	let front: ReverseProxy;
	beforeAll(async () => {
		front = await startReverseProxy(server);
	});
	afterAll(() => front.close());

	const calm = async () => {
		for (const one of await silencesOf(server))
			if (one.status.state !== 'expired') await expireSilenceDirectly(server, one.id);
		for (const {labels} of await alertsOf(server)) await resolveAlert(server, labels);
	};
	const rowOf = async (room: AlertmanagerFixture, isSilence: boolean, {mine = ''}: Before): Promise<Row> => {
		const found = isSilence
			? (await room.read<SilenceRow>('alertmanager.silence')).rows.find(({id}) => id === mine)
			: (await room.read<AlertmanagerAlertRow>('alertmanager.alert')).rows.find(
					({labels}) => labels['instance'] === 'a:1',
				);
		if (found === undefined) throw new Error('there is no such row');
		return found;
	};

	/** A plan for the alert `down` or for a silence of everything of its job, made over a front that sees what is sent. */
	const shown =
		({prepare, change}: Scene) =>
		async (action: Action<Row, AlertmanagerPort>): Promise<ShownPlan<AlertmanagerPort>> => {
			const isSilence = action.id === 'alertmanager.expire-silence';
			await calm();
			for (const labels of [down, twin]) await fireAlert(server, labels);
			const mine = isSilence ? {mine: await createSilenceDirectly(server, ofJob, {by: 'mira'})} : {};
			const before = {...mine, ...(await prepare?.())};
			let ahead = 0;
			const room = await openAlertmanager(front, {readOnly: false}, () => Date.now() + ahead);
			const row = await rowOf(room, isSilence, before);
			const given = {matchers: 'job="api"', comment: 'bindings', duration: '1h'};
			const {plan} = await action.preview([row], filledParams(action as Action, row, given), room.actionContext);
			front.requests.length = 0;
			return {
				plan: () => plan,
				context: room.actionContext,
				async change() {
					const later = await change(before);
					if (typeof later === 'number') ahead = later;
				},
				wasApplied: async () => front.requests.some(line => !line.startsWith('GET')),
				async cleanUp() {
					await room.close();
					await calm();
				},
			};
		};

	const isMore = shown({change: () => fireAlert(server, third)});
	/** As many as before, and one more of them is critical. */
	const isWorse = shown({
		async change() {
			await resolveAlert(server, twin);
			await fireAlert(server, third);
		},
	});
	const mine =
		(change: (id: string) => Promise<unknown>): Scene['change'] =>
		before =>
			change(before['mine'] ?? '');

	const cases: BindingCases<AlertmanagerPort> = {
		'alertmanager.silence': {
			'the alert': shown({
				async change() {
					await resolveAlert(server, down);
					await fireAlert(server, down, {}, 1000);
				},
			}),
			'the silences on the alert': shown({change: () => createSilenceDirectly(server, {instance: 'a:1'})}),
			'that its end is to come': shown({change: async () => 2 * hour}),
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
			'id and matchers': shown({change: mine(id => createSilenceDirectly(server, {instance: 'a:1'}, {id}))}),
			end: shown({
				change: mine(id => updateSilenceDirectly(server, id, {endsAt: new Date(Date.now() + 5 * hour).toISOString()})),
			}),
			state: shown({change: mine(id => expireSilenceDirectly(server, id))}),
			author: shown({change: mine(id => updateSilenceDirectly(server, id, {createdBy: 'somebody else'}))}),
			comment: shown({change: mine(id => updateSilenceDirectly(server, id, {comment: 'must stay: the disk burns'}))}),
			'how many alerts notify again': isMore,
			'how many of them are critical': isWorse,
		},
	};
	planBindingTests(alertmanagerSystem.actions as readonly Action<Row, AlertmanagerPort>[], cases);
});

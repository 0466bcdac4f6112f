import {afterAll, beforeAll} from 'vitest';
import {alertmanager} from '../../../adapters/alertmanager/system.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {AlertmanagerAlertRow} from '../../../src/model/alertmanager/alertmanager-alert.ts';
import type {SilenceRow} from '../../../src/model/alertmanager/silence.ts';
import type {AlertmanagerPort} from '../../../src/port/alertmanager.ts';
import {type BindingCases, bindings, type ShownPlan} from '../plan-bindings.ts';
import {openRoom, type Room, typed} from './alertmanager-fixture.ts';
import {
	alertsOf,
	amendByHand,
	describeOwnAlertmanager,
	expireByHand,
	fire,
	resolve,
	silenceByHand,
	silencesOf,
} from './dedicated-alertmanager.ts';
import {type Front, httpFront} from './reverse-proxy.ts';

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

await describeOwnAlertmanager('what a plan is bound to', server => {
	let front: Front;
	beforeAll(async () => {
		front = await httpFront(server);
	});
	afterAll(() => front.close());

	const calm = async () => {
		for (const one of await silencesOf(server)) if (one.status.state !== 'expired') await expireByHand(server, one.id);
		for (const {labels} of await alertsOf(server)) await resolve(server, labels);
	};
	const rowOf = async (room: Room, isSilence: boolean, {mine = ''}: Before): Promise<Row> => {
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
			for (const labels of [down, twin]) await fire(server, labels);
			const mine = isSilence ? {mine: await silenceByHand(server, ofJob, {by: 'mira'})} : {};
			const before = {...mine, ...(await prepare?.())};
			let ahead = 0;
			const room = await openRoom(front, {readOnly: false}, () => Date.now() + ahead);
			const row = await rowOf(room, isSilence, before);
			const given = {matchers: 'job="api"', comment: 'bindings', duration: '1h'};
			const {plan} = await action.preview([row], typed(action as Action, row, given), room.acting);
			front.seen.length = 0;
			return {
				plan: () => plan,
				about: room.acting,
				async change() {
					const later = await change(before);
					if (typeof later === 'number') ahead = later;
				},
				happened: async () => front.seen.some(line => !line.startsWith('GET')),
				async end() {
					await room.close();
					await calm();
				},
			};
		};

	const isMore = shown({change: () => fire(server, third)});
	/** As many as before, and one more of them is critical. */
	const isWorse = shown({
		async change() {
			await resolve(server, twin);
			await fire(server, third);
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
					await resolve(server, down);
					await fire(server, down, {}, 1000);
				},
			}),
			'the silences on the alert': shown({change: () => silenceByHand(server, {instance: 'a:1'})}),
			'that its end is to come': shown({change: async () => 2 * hour}),
			'how many alerts it hides': isMore,
			'how many of them are critical': isWorse,
			'how many of them notify now': shown({
				prepare: async () => ({other: await silenceByHand(server, {instance: 'a:2'})}),
				change: ({other = ''}) => expireByHand(server, other),
			}),
			'other silences with the same matchers': shown({
				prepare: async () => ({other: await silenceByHand(server, ofJob)}),
				change: ({other = ''}) => amendByHand(server, other, {endsAt: new Date(Date.now() + 5 * hour).toISOString()}),
			}),
		},
		'alertmanager.expire-silence': {
			'id and matchers': shown({change: mine(id => silenceByHand(server, {instance: 'a:1'}, {id}))}),
			end: shown({
				change: mine(id => amendByHand(server, id, {endsAt: new Date(Date.now() + 5 * hour).toISOString()})),
			}),
			state: shown({change: mine(id => expireByHand(server, id))}),
			author: shown({change: mine(id => amendByHand(server, id, {createdBy: 'somebody else'}))}),
			comment: shown({change: mine(id => amendByHand(server, id, {comment: 'must stay: the disk burns'}))}),
			'how many alerts notify again': isMore,
			'how many of them are critical': isWorse,
		},
	};
	bindings(alertmanager.actions as readonly Action<Row, AlertmanagerPort>[], cases);
});

import {userInfo} from 'node:os';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import type {Params} from '../../../src/contract/param.ts';
import type {Row} from '../../../src/contract/row.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {AlertmanagerAlertRow} from '../../../src/model/alertmanager/alertmanager-alert.ts';
import type {SilenceRow} from '../../../src/model/alertmanager/silence.ts';
import {type AlertmanagerFixture, actionOf, filledParams, openAlertmanager} from './alertmanager-fixture.ts';
import {
	alertsOf,
	createSilenceDirectly,
	describeDedicatedAlertmanager,
	expireSilenceDirectly,
	fireAlert,
	resolveAlert,
	runAmtool,
	silencesOf,
	startDedicatedAlertmanager,
} from './dedicated-alertmanager.ts';
import {type ReverseProxy, startReverseProxy} from './reverse-proxy.ts';

const silencing = actionOf('alertmanager.silence');
const ending = actionOf('alertmanager.expire-silence');
const down = {alertname: 'TargetDown', job: 'api', instance: 'a:1', severity: 'critical'};
const twin = {...down, instance: 'a:2'};
const full = {alertname: 'DiskFull', severity: 'warning'};
const why = {comment: 'known, OPS-2'};

await describeDedicatedAlertmanager('making and ending silences', server => {
	let front: ReverseProxy;
	let room: AlertmanagerFixture;
	beforeAll(async () => {
		front = await startReverseProxy(server);
		room = await openAlertmanager(front);
	});
	afterAll(async () => {
		await room.close();
		await front.close();
	});
	beforeEach(async () => {
		front.mode = 'pass';
		for (const labels of [down, twin, full]) await fireAlert(server, labels);
	});
	afterEach(async () => {
		for (const one of await silencesOf(server))
			if (one.status.state !== 'expired') await expireSilenceDirectly(server, one.id);
	});

	const alert = async (labels: Readonly<Record<string, string>> = down): Promise<Row> => {
		const {rows} = await room.read<AlertmanagerAlertRow>('alertmanager.alert');
		const row = rows.find(one => Object.entries(labels).every(([name, value]) => one.labels[name] === value));
		if (row === undefined) throw new Error('no such alert');
		return row;
	};
	const silence = async (id: string): Promise<SilenceRow> => {
		const {rows} = await room.read<SilenceRow>('alertmanager.silence');
		const row = rows.find(one => one.id === id);
		if (row === undefined) throw new Error('no such silence');
		return row;
	};
	const preview = async (given: Params, row?: Row) => {
		const chosen = row ?? (await alert());
		return silencing.preview([chosen], filledParams(silencing, chosen, given), room.actionContext);
	};
	const active = async () => (await silencesOf(server)).filter(one => one.status.state === 'active');

	describe('a silence', () => {
		test('hides the one alert it was made on, under the name of who made it', async () => {
			const {plan, impact, touches, risk} = await preview(why);
			expect(touches).toEqual(['alert TargetDown job=api instance=a:1']);
			expect(impact).toMatch(/for 2h00m, nobody is told of what .* matches: 1 alert now, 1 of them critical\./);
			expect(risk).toBe('low');
			const receipt = await silencing.run(plan, room.actionContext);
			const [made] = await active();
			expect(made).toMatchObject({comment: why.comment, createdBy: userInfo().username, id: receipt.before['id']});
			expect(runAmtool(server, 'alert', 'query', 'alertname=TargetDown')).not.toContain('a:1');
			const hidden = (await alertsOf(server)).filter(one => one.status.silencedBy.length > 0);
			expect(hidden.map(one => one.labels)).toEqual([down]);
			expect(await silencing.verify(plan, receipt, room.actionContext)).toMatchObject({result: 'done'});
			expect(front.userAgent).toContain('rec-1');
		});

		test('ends when it was said that it ends', async () => {
			const {plan} = await preview({...why, duration: '1h30m'});
			await silencing.run(plan, room.actionContext);
			const [made] = await active();
			const {endsAt} = (plan as {readonly silence: {readonly endsAt: string}}).silence;
			expect(made?.endsAt).toBe(endsAt);
			expect(Date.parse(endsAt) - Date.parse(made?.startsAt ?? '')).toBeLessThanOrEqual(90 * 60_000 + 1000);
		});

		test('tells what else its matchers hide, by the rules of the server', async () => {
			const {touches, risk, unhelpful} = await preview({...why, matchers: 'job=~"a(?:pi|x)"'});
			expect(touches.toSorted()).toEqual([
				'alert TargetDown job=api instance=a:1',
				'alert TargetDown job=api instance=a:2',
			]);
			expect(risk).toBe('medium');
			expect(unhelpful).toBeUndefined();
		});

		test('says before it is made that it would not hide the alert', async () => {
			const {unhelpful, plan} = await preview({...why, matchers: 'alertname="DiskFull"'});
			expect(unhelpful?.reason).toContain('do not match TargetDown');
			const receipt = await silencing.run(plan, room.actionContext);
			expect(await silencing.verify(plan, receipt, room.actionContext)).toMatchObject({result: 'ineffective'});
		});

		test('warns of one that hides all, and of one that is there already', async () => {
			await createSilenceDirectly(server, {alertname: 'DiskFull'}, {by: 'mira'});
			const {plan} = await preview({...why, matchers: 'alertname=~"TargetDown|DiskFull"'});
			const checks = await silencing.preflight(plan, room.actionContext);
			expect(checks).toContainEqual(
				expect.objectContaining({result: 'warn', detail: 'every one of the 3 alerts that fire now'}),
			);
			const again = await preview({...why, matchers: 'alertname="DiskFull"'}, await alert(full));
			expect(await silencing.preflight(again.plan, room.actionContext)).toContainEqual(
				expect.objectContaining({
					result: 'warn',
					detail: expect.stringMatching(/^mira has one with the same matchers until/),
				}),
			);
		});

		test('is refused where RE2 cannot read its expression, and nothing is sent', async () => {
			await expect(preview({...why, matchers: 'job=~"(?=a)"'})).rejects.toMatchObject({
				kind: 'unsupported',
				message: expect.stringContaining('job=~"(?=a)"'),
			});
			expect(await active()).toEqual([]);
		});

		test('is taken back by an end, and that by a new silence with the same end', async () => {
			const {plan} = await preview(why);
			const receipt = await silencing.run(plan, room.actionContext);
			const [made] = await active();
			if ('impossible' in silencing.undo) throw new Error('it can be undone');
			const back = await silencing.undo.propose(plan, receipt, room.actionContext);
			expect(back.touches[0]).toContain(made?.id);
			const ended = await silencing.run(back.plan, room.actionContext);
			expect(await silencing.verify(back.plan, ended, room.actionContext)).toMatchObject({result: 'done'});
			expect(await active()).toEqual([]);
			await expect(silencing.undo.propose(plan, receipt, room.actionContext)).rejects.toMatchObject({kind: 'conflict'});
			const forth = await silencing.undo.propose(back.plan, ended, room.actionContext);
			await silencing.run(forth.plan, room.actionContext);
			const [again] = await active();
			expect(again).toMatchObject({endsAt: made?.endsAt, matchers: made?.matchers, comment: made?.comment});
			expect(again?.id).not.toBe(made?.id);
		});
	});

	describe('what moved meanwhile is stale:', () => {
		test.each([
			['the alert has ended', () => resolveAlert(server, down)],
			[
				'the alert fires anew',
				async () => {
					await resolveAlert(server, down);
					await fireAlert(server, down, {}, 1000);
				},
			],
			['somebody silenced it', () => createSilenceDirectly(server, down)],
		])('%s', async (_, move) => {
			const {plan} = await preview(why);
			await move();
			const before = (await active()).length;
			expect(await silencing.preflight(plan, room.actionContext)).toContainEqual(
				expect.objectContaining({result: 'block', conflict: true}),
			);
			front.requests.length = 0;
			await expect(silencing.run(plan, room.actionContext)).rejects.toMatchObject({kind: 'conflict'});
			expect(front.requests.filter(line => line.startsWith('POST'))).toEqual([]);
			expect(await active()).toHaveLength(before);
		});

		test('its end has passed while somebody thought about it', async () => {
			const late = await openAlertmanager(front, {readOnly: false}, () => Date.now() - 3 * 3_600_000);
			const row = await alert();
			const {plan} = await silencing.preview([row], filledParams(silencing, row, why), late.actionContext);
			await late.close();
			expect(await silencing.preflight(plan, room.actionContext)).toContainEqual(
				expect.objectContaining({label: 'its end', result: 'block', conflict: true}),
			);
			await expect(silencing.run(plan, room.actionContext)).rejects.toMatchObject({kind: 'conflict'});
			expect(await active()).toEqual([]);
		});

		test.each([
			['the silence was ended', (id: string) => expireSilenceDirectly(server, id)],
			['somebody made it last longer', (id: string) => createSilenceDirectly(server, down, {id, minutes: 240})],
		])('%s', async (_, move) => {
			const id = await createSilenceDirectly(server, down);
			const {plan} = await ending.preview([await silence(id)], {}, room.actionContext);
			await move(id);
			const before = JSON.stringify(await silencesOf(server));
			expect(await ending.preflight(plan, room.actionContext)).toContainEqual(
				expect.objectContaining({result: 'block', conflict: true}),
			);
			front.requests.length = 0;
			await expect(ending.run(plan, room.actionContext)).rejects.toMatchObject({kind: 'conflict'});
			expect(front.requests.filter(line => !line.startsWith('GET'))).toEqual([]);
			expect(JSON.stringify(await silencesOf(server))).toBe(before);
		});
	});

	describe('the end of a silence', () => {
		test('tells what is told again, and what another silence still hides', async () => {
			const id = await createSilenceDirectly(server, {alertname: 'TargetDown'}, {by: 'mira'});
			await createSilenceDirectly(server, twin);
			const {impact, risk, touches} = await ending.preview([await silence(id)], {}, room.actionContext);
			expect(impact).toMatch(
				/^The silence of mira ends now .* 1 alert, 1 of them critical it hides are told again, .* 1 more stay silenced by another\.$/,
			);
			expect(touches).toContain('alert TargetDown job=api instance=a:1');
			expect(risk).toBe('medium');
		});

		test('lets it be told again', async () => {
			const id = await createSilenceDirectly(server, down);
			const {plan} = await ending.preview([await silence(id)], {}, room.actionContext);
			const receipt = await ending.run(plan, room.actionContext);
			expect(runAmtool(server, 'silence', 'query', '--quiet')).toBe('');
			expect(runAmtool(server, 'alert', 'query', 'alertname=TargetDown')).toContain('TargetDown');
			expect(await ending.verify(plan, receipt, room.actionContext)).toMatchObject({result: 'done'});
			const ended = await silence(id);
			expect(ending.disabled([ended])).toBe('it has ended already');
		});

		test('of one that would begin later gives back one that begins then', async () => {
			const id = await createSilenceDirectly(server, down, {startsInMinutes: 30, minutes: 90});
			const before = await silence(id);
			const {plan, impact} = await ending.preview([before], {}, room.actionContext);
			expect(impact).toContain('It hides nothing that would be told.');
			const receipt = await ending.run(plan, room.actionContext);
			if ('impossible' in ending.undo) throw new Error('it can be undone');
			const back = await ending.undo.propose(plan, receipt, room.actionContext);
			await ending.run(back.plan, room.actionContext);
			const pending = (await silencesOf(server)).filter(one => one.status.state === 'pending');
			expect(pending).toMatchObject([{startsAt: before.startsAt, endsAt: before.endsAt}]);
			for (const one of pending) await expireSilenceDirectly(server, one.id);
		});
	});

	describe('refused', () => {
		test.each([
			['read-only', 'denied'],
			['get-only', 'unsupported'],
		] as const)('by what stands before the server (%s), nothing is done and it is said so', async (mode, kind) => {
			const id = await createSilenceDirectly(server, full);
			const [make, end] = [await preview(why), await ending.preview([await silence(id)], {}, room.actionContext)];
			front.mode = mode;
			for (const attempt of [
				() => silencing.run(make.plan, room.actionContext),
				() => ending.run(end.plan, room.actionContext),
			]) {
				const error = await attempt().catch((thrown: unknown) => thrown);
				expect(error).toMatchObject({name: 'AdapterError', kind});
				expect(isAdapterError(error) && error.harmless).toBe(true);
			}
			expect((await active()).map(one => one.id)).toEqual([id]);
		});
	});

	describe('a lost reply', () => {
		test('leaves it open whether it was done, and it was sent once', async () => {
			const {plan} = await preview(why);
			front.requests.length = 0;
			front.mode = 'mute';
			const error = await silencing.run(plan, room.actionContext).catch((thrown: unknown) => thrown);
			expect(isAdapterError(error) && error.harmless).toBe(false);
			expect(front.requests.filter(line => line.startsWith('POST'))).toHaveLength(1);
			front.mode = 'pass';
			expect(await active()).toHaveLength(1);
			const checks = await silencing.preflight(plan, room.actionContext);
			expect(checks).toContainEqual(
				expect.objectContaining({result: 'block', detail: 'somebody silenced it meanwhile'}),
			);
		});

		test('of an end: it was sent once, and is seen to have ended', async () => {
			const id = await createSilenceDirectly(server, down);
			const {plan} = await ending.preview([await silence(id)], {}, room.actionContext);
			front.requests.length = 0;
			front.mode = 'mute';
			const error = await ending.run(plan, room.actionContext).catch((thrown: unknown) => thrown);
			expect(isAdapterError(error) && error.harmless).toBe(false);
			expect(front.requests.filter(line => line.startsWith('DELETE'))).toHaveLength(1);
			front.mode = 'pass';
			expect(await active()).toEqual([]);
		});
	});

	test('goes to the one Alertmanager that was chosen, and to no other', async () => {
		const other = await startDedicatedAlertmanager();
		try {
			await fireAlert(other, down);
			const {plan} = await preview(why);
			await silencing.run(plan, room.actionContext);
			expect(await active()).toHaveLength(1);
			expect(await silencesOf(other)).toEqual([]);
		} finally {
			await other.end();
		}
	});
});

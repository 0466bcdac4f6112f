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

await describeDedicatedAlertmanager('creating and ending silences', server => {
	let proxy: ReverseProxy;
	let fixture: AlertmanagerFixture;
	beforeAll(async () => {
		proxy = await startReverseProxy(server);
		fixture = await openAlertmanager(proxy);
	});
	afterAll(async () => {
		await fixture.close();
		await proxy.close();
	});
	beforeEach(async () => {
		proxy.mode = 'pass';
		for (const labels of [down, twin, full]) await fireAlert(server, labels);
	});
	afterEach(async () => {
		for (const {id, status} of await silencesOf(server))
			if (status.state !== 'expired') await expireSilenceDirectly(server, id);
	});

	const alert = async (labels: Readonly<Record<string, string>> = down): Promise<Row> => {
		const {rows} = await fixture.read<AlertmanagerAlertRow>('alertmanager.alert');
		const row = rows.find(candidate =>
			Object.entries(labels).every(([name, value]) => candidate.labels[name] === value),
		);
		if (row === undefined) throw new Error('no such alert');
		return row;
	};
	const silence = async (id: string): Promise<SilenceRow> => {
		const {rows} = await fixture.read<SilenceRow>('alertmanager.silence');
		const row = rows.find(candidate => candidate.id === id);
		if (row === undefined) throw new Error('no such silence');
		return row;
	};
	const preview = async (given: Params, row?: Row) => {
		const chosen = row ?? (await alert());
		return silencing.preview([chosen], filledParams(silencing, chosen, given), fixture.actionContext);
	};
	const active = async () => (await silencesOf(server)).filter(({status}) => status.state === 'active');

	describe('a silence', () => {
		test('hides the alert it was created for, with the user as its author', async () => {
			const {plan, impact, touches, risk} = await preview(why);
			expect(touches).toEqual(['alert TargetDown job=api instance=a:1']);
			expect(impact).toMatch(
				/for 2h00m, no receiver is notified of alerts that match .*: 1 alert now, 1 of them critical\./,
			);
			expect(risk).toBe('low');
			const receipt = await silencing.run(plan, fixture.actionContext);
			const [created] = await active();
			expect(created).toMatchObject({comment: why.comment, createdBy: userInfo().username, id: receipt.before['id']});
			expect(runAmtool(server, 'alert', 'query', 'alertname=TargetDown')).not.toContain('a:1');
			const hidden = (await alertsOf(server)).filter(({status}) => status.silencedBy.length > 0);
			expect(hidden.map(({labels}) => labels)).toEqual([down]);
			expect(await silencing.verify(plan, receipt, fixture.actionContext)).toMatchObject({result: 'done'});
			expect(proxy.userAgent).toContain('rec-1');
		});

		test('ends at the confirmed time', async () => {
			const {plan} = await preview({...why, duration: '1h30m'});
			await silencing.run(plan, fixture.actionContext);
			const [created] = await active();
			const {endsAt} = (plan as {readonly silence: {readonly endsAt: string}}).silence;
			expect(created?.endsAt).toBe(endsAt);
			expect(Date.parse(endsAt) - Date.parse(created?.startsAt ?? '')).toBeLessThanOrEqual(90 * 60_000 + 1000);
		});

		test('lists everything that its matchers hide, by the rules of the server', async () => {
			const {touches, risk, unhelpful} = await preview({...why, matchers: 'job=~"a(?:pi|x)"'});
			expect(touches.toSorted()).toEqual([
				'alert TargetDown job=api instance=a:1',
				'alert TargetDown job=api instance=a:2',
			]);
			expect(risk).toBe('medium');
			expect(unhelpful).toBeUndefined();
		});

		test('warns before it is created that it would not hide the alert', async () => {
			const {unhelpful, plan} = await preview({...why, matchers: 'alertname="DiskFull"'});
			expect(unhelpful?.reason).toContain('do not match TargetDown');
			const receipt = await silencing.run(plan, fixture.actionContext);
			expect(await silencing.verify(plan, receipt, fixture.actionContext)).toMatchObject({result: 'ineffective'});
		});

		test('warns when it hides all alerts, and when there is a similar one', async () => {
			await createSilenceDirectly(server, {alertname: 'DiskFull'}, {by: 'mira'});
			const {plan} = await preview({...why, matchers: 'alertname=~"TargetDown|DiskFull"'});
			const checks = await silencing.preflight(plan, fixture.actionContext);
			expect(checks).toContainEqual(expect.objectContaining({result: 'warn', detail: 'all 3 alerts that fire now'}));
			const again = await preview({...why, matchers: 'alertname="DiskFull"'}, await alert(full));
			expect(await silencing.preflight(again.plan, fixture.actionContext)).toContainEqual(
				expect.objectContaining({
					result: 'warn',
					detail: expect.stringMatching(/^mira has one with the same matchers until/),
				}),
			);
		});

		test('is refused when its expression is not RE2, and nothing is sent', async () => {
			await expect(preview({...why, matchers: 'job=~"(?=a)"'})).rejects.toMatchObject({
				kind: 'unsupported',
				message: expect.stringContaining('job=~"(?=a)"'),
			});
			expect(await active()).toEqual([]);
		});

		test('is undone by ending it, and that by a new silence with the same end', async () => {
			const {plan} = await preview(why);
			const receipt = await silencing.run(plan, fixture.actionContext);
			const [created] = await active();
			if ('impossible' in silencing.undo) throw new Error('it can be undone');
			const back = await silencing.undo.propose(plan, receipt, fixture.actionContext);
			expect(back.touches[0]).toContain(created?.id);
			const ended = await silencing.run(back.plan, fixture.actionContext);
			expect(await silencing.verify(back.plan, ended, fixture.actionContext)).toMatchObject({result: 'done'});
			expect(await active()).toEqual([]);
			await expect(silencing.undo.propose(plan, receipt, fixture.actionContext)).rejects.toMatchObject({
				kind: 'conflict',
			});
			const forth = await silencing.undo.propose(back.plan, ended, fixture.actionContext);
			await silencing.run(forth.plan, fixture.actionContext);
			const [again] = await active();
			expect(again).toMatchObject({endsAt: created?.endsAt, matchers: created?.matchers, comment: created?.comment});
			expect(again?.id).not.toBe(created?.id);
		});
	});

	describe('nothing is sent when after the preview', () => {
		test.each([
			['the alert has ended', () => resolveAlert(server, down)],
			[
				'the alert ended and fires again',
				async () => {
					await resolveAlert(server, down);
					await fireAlert(server, down, {}, 1000);
				},
			],
			['the alert was silenced', () => createSilenceDirectly(server, down)],
		])('%s', async (_, change) => {
			const {plan} = await preview(why);
			await change();
			const before = (await active()).length;
			expect(await silencing.preflight(plan, fixture.actionContext)).toContainEqual(
				expect.objectContaining({result: 'block', conflict: true}),
			);
			proxy.requests.length = 0;
			await expect(silencing.run(plan, fixture.actionContext)).rejects.toMatchObject({kind: 'conflict'});
			expect(proxy.requests.filter(line => line.startsWith('POST'))).toEqual([]);
			expect(await active()).toHaveLength(before);
		});

		test('its end has passed', async () => {
			const late = await openAlertmanager(proxy, {readOnly: false}, () => Date.now() - 3 * 3_600_000);
			const row = await alert();
			const {plan} = await silencing.preview([row], filledParams(silencing, row, why), late.actionContext);
			await late.close();
			expect(await silencing.preflight(plan, fixture.actionContext)).toContainEqual(
				expect.objectContaining({label: 'its end', result: 'block', conflict: true}),
			);
			await expect(silencing.run(plan, fixture.actionContext)).rejects.toMatchObject({kind: 'conflict'});
			expect(await active()).toEqual([]);
		});

		test.each([
			['the silence was ended', (id: string) => expireSilenceDirectly(server, id)],
			['the silence was extended', (id: string) => createSilenceDirectly(server, down, {id, minutes: 240})],
		])('%s', async (_, change) => {
			const id = await createSilenceDirectly(server, down);
			const {plan} = await ending.preview([await silence(id)], {}, fixture.actionContext);
			await change(id);
			const before = JSON.stringify(await silencesOf(server));
			expect(await ending.preflight(plan, fixture.actionContext)).toContainEqual(
				expect.objectContaining({result: 'block', conflict: true}),
			);
			proxy.requests.length = 0;
			await expect(ending.run(plan, fixture.actionContext)).rejects.toMatchObject({kind: 'conflict'});
			expect(proxy.requests.filter(line => !line.startsWith('GET'))).toEqual([]);
			expect(JSON.stringify(await silencesOf(server))).toBe(before);
		});
	});

	describe('ending a silence', () => {
		test('lists the alerts that notify again, and those that another silence still hides', async () => {
			const id = await createSilenceDirectly(server, {alertname: 'TargetDown'}, {by: 'mira'});
			await createSilenceDirectly(server, twin);
			const {impact, risk, touches} = await ending.preview([await silence(id)], {}, fixture.actionContext);
			expect(impact).toMatch(
				/^The silence of mira ends now .* 1 alert, 1 of them critical that it hides notify again, .* 1 more stay silenced by another silence\.$/,
			);
			expect(touches).toContain('alert TargetDown job=api instance=a:1');
			expect(risk).toBe('medium');
		});

		test('makes its alerts notify again', async () => {
			const id = await createSilenceDirectly(server, down);
			const {plan} = await ending.preview([await silence(id)], {}, fixture.actionContext);
			const receipt = await ending.run(plan, fixture.actionContext);
			expect(runAmtool(server, 'silence', 'query', '--quiet')).toBe('');
			expect(runAmtool(server, 'alert', 'query', 'alertname=TargetDown')).toContain('TargetDown');
			expect(await ending.verify(plan, receipt, fixture.actionContext)).toMatchObject({result: 'done'});
			const ended = await silence(id);
			expect(ending.disabled([ended])).toBe('it has ended already');
		});

		test('that is pending is undone by one with the same start', async () => {
			const id = await createSilenceDirectly(server, down, {startsInMinutes: 30, minutes: 90});
			const before = await silence(id);
			const {plan, impact} = await ending.preview([before], {}, fixture.actionContext);
			expect(impact).toContain('It hides no alert that would notify.');
			const receipt = await ending.run(plan, fixture.actionContext);
			if ('impossible' in ending.undo) throw new Error('it can be undone');
			const back = await ending.undo.propose(plan, receipt, fixture.actionContext);
			await ending.run(back.plan, fixture.actionContext);
			const pending = (await silencesOf(server)).filter(({status}) => status.state === 'pending');
			expect(pending).toMatchObject([{startsAt: before.startsAt, endsAt: before.endsAt}]);
			for (const {id: pendingId} of pending) await expireSilenceDirectly(server, pendingId);
		});
	});

	describe('a request that is refused', () => {
		test.each([
			['read-only', 'denied'],
			['get-only', 'unsupported'],
		] as const)(
			'by a proxy in front of the server (%s) has changed nothing, and the error says so',
			async (mode, kind) => {
				const id = await createSilenceDirectly(server, full);
				const [make, end] = [await preview(why), await ending.preview([await silence(id)], {}, fixture.actionContext)];
				proxy.mode = mode;
				for (const attempt of [
					() => silencing.run(make.plan, fixture.actionContext),
					() => ending.run(end.plan, fixture.actionContext),
				]) {
					const error = await attempt().catch((thrown: unknown) => thrown);
					expect(error).toMatchObject({name: 'AdapterError', kind});
					expect(isAdapterError(error) && error.harmless).toBe(true);
				}
				expect((await active()).map(active => active.id)).toEqual([id]);
			},
		);
	});

	describe('a lost reply', () => {
		test('leaves the outcome unknown, and the request was sent once', async () => {
			const {plan} = await preview(why);
			proxy.requests.length = 0;
			proxy.mode = 'drop-response';
			const error = await silencing.run(plan, fixture.actionContext).catch((thrown: unknown) => thrown);
			expect(isAdapterError(error) && error.harmless).toBe(false);
			expect(proxy.requests.filter(line => line.startsWith('POST'))).toHaveLength(1);
			proxy.mode = 'pass';
			expect(await active()).toHaveLength(1);
			const checks = await silencing.preflight(plan, fixture.actionContext);
			expect(checks).toContainEqual(expect.objectContaining({result: 'block', detail: 'its silences have changed'}));
		});

		test('of an end leaves the outcome unknown, and the silence has ended', async () => {
			const id = await createSilenceDirectly(server, down);
			const {plan} = await ending.preview([await silence(id)], {}, fixture.actionContext);
			proxy.requests.length = 0;
			proxy.mode = 'drop-response';
			const error = await ending.run(plan, fixture.actionContext).catch((thrown: unknown) => thrown);
			expect(isAdapterError(error) && error.harmless).toBe(false);
			expect(proxy.requests.filter(line => line.startsWith('DELETE'))).toHaveLength(1);
			proxy.mode = 'pass';
			expect(await active()).toEqual([]);
		});
	});

	test('a silence is created only on the selected Alertmanager', async () => {
		const other = await startDedicatedAlertmanager();
		try {
			await fireAlert(other, down);
			const {plan} = await preview(why);
			await silencing.run(plan, fixture.actionContext);
			expect(await active()).toHaveLength(1);
			expect(await silencesOf(other)).toEqual([]);
		} finally {
			await other.end();
		}
	});
});

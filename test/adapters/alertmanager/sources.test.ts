import {afterAll, beforeAll, expect, test} from 'vitest';
import type {AlertmanagerAlertRow} from '../../../src/model/alertmanager/alertmanager-alert.ts';
import type {SilenceRow} from '../../../src/model/alertmanager/silence.ts';
import {type AlertmanagerFixture, openAlertmanager} from './alertmanager-fixture.ts';
import {
	createSilenceDirectly,
	describeDedicatedAlertmanager,
	expireSilenceDirectly,
	fireAlert,
	runAmtool,
	silencesOf,
} from './dedicated-alertmanager.ts';

const down = {alertname: 'TargetDown', job: 'api', instance: 'a:1', severity: 'critical', cluster: 'eu'};
const slow = {alertname: 'Slow', job: 'api', severity: 'warning', cluster: 'eu'};
const full = {alertname: 'DiskFull', job: 'node', instance: 'n:1', severity: 'page'};
const fuller = {...full, instance: 'n:2'};
const watchdog = {alertname: 'Watchdog', severity: 'none'};

await describeDedicatedAlertmanager('alerts and silences', server => {
	let fixture: AlertmanagerFixture;
	const ids: Record<string, string> = {};
	beforeAll(async () => {
		fixture = await openAlertmanager(server);
		await fireAlert(server, down, {
			summary: 'api a:1 is down',
			runbook_url: 'https://runbooks.example.test/down',
			description: 'first\nsecond',
		});
		await fireAlert(server, slow, {summary: 'api is slow'});
		await fireAlert(server, full, {summary: 'n:1 is full'}, 600_000);
		await fireAlert(server, fuller);
		await fireAlert(server, watchdog);
		ids['full'] = await createSilenceDirectly(
			server,
			{alertname: 'DiskFull', instance: 'n:1'},
			{minutes: 5, by: 'mira', comment: 'OPS-1'},
		);
		ids['nothing'] = await createSilenceDirectly(server, {alertname: 'NoSuchAlert'}, {minutes: 90});
		ids['later'] = await createSilenceDirectly(server, {alertname: 'Slow'}, {minutes: 90, startsInMinutes: 30});
		ids['ended'] = await createSilenceDirectly(server, {alertname: 'Slow'});
		await expireSilenceDirectly(server, ids['ended']);
	});
	afterAll(() => fixture.close());

	const alert = async (name: string, instance?: string) => {
		const {rows} = await fixture.read<AlertmanagerAlertRow>('alertmanager.alert');
		const row = rows.find(
			candidate => candidate.name === name && (instance === undefined || candidate.labels['instance'] === instance),
		);
		if (row === undefined) throw new Error(`no alert ${name}`);
		return row;
	};
	const silence = async (name: string) => {
		const {rows} = await fixture.read<SilenceRow>('alertmanager.silence');
		const row = rows.find(({id}) => id === ids[name]);
		if (row === undefined) throw new Error(`no silence ${name}`);
		return row;
	};

	test('shows the same states as amtool', async () => {
		const {rows, gauges} = await fixture.read<AlertmanagerAlertRow>('alertmanager.alert');
		const amtoolAlerts = (...words: readonly string[]) =>
			(JSON.parse(runAmtool(server, '--output=json', 'alert', 'query', ...words)) as readonly {fingerprint: string}[])
				.map(({fingerprint}) => fingerprint)
				.sort();
		const shownAlerts = (which: AlertmanagerAlertRow['notification']) =>
			rows.filter(row => row.notification === which).map(row => row.fingerprint);
		expect(shownAlerts('firing').sort()).toEqual(amtoolAlerts());
		expect(shownAlerts('silenced').sort()).toEqual(amtoolAlerts('--silenced'));
		expect(shownAlerts('inhibited').sort()).toEqual(amtoolAlerts('--inhibited'));
		expect(gauges.map(({id, value, severity}) => `${id} ${value} ${severity}`)).toEqual([
			'firing 3 crit',
			'silenced 1 ok',
			'inhibited 1 ok',
		]);
	});

	test('has the severity of its labels, and ok when it is silenced or inhibited', async () => {
		expect(await alert('TargetDown')).toMatchObject({severity: 'crit', why: 'api a:1 is down', receivers: ['oncall']});
		expect(await alert('DiskFull', 'n:2')).toMatchObject({severity: 'crit', why: 'job=node instance=n:2'});
		expect(await alert('DiskFull', 'n:1')).toMatchObject({severity: 'ok', notification: 'silenced'});
		expect(await alert('Slow')).toMatchObject({severity: 'ok', notification: 'inhibited'});
		expect(await alert('Watchdog')).toMatchObject({severity: 'ok', notification: 'firing'});
		expect(await fixture.findings('alertmanager.alert')).toEqual([
			'crit: DiskFull: job=node instance=n:2',
			'crit: TargetDown: api a:1 is down',
		]);
	});

	test('has the start of the alert and the end of its silence', async () => {
		const {since, startsAt, silencedUntil} = await alert('DiskFull', 'n:1');
		expect(since).toBe(Date.parse(startsAt));
		const ends = (await silencesOf(server)).find(({id}) => id === ids['full'])?.endsAt ?? '';
		expect(silencedUntil).toBe(Date.parse(ends));
	});

	test('lists what each silence hides, and when it ends', async () => {
		const {rows} = await fixture.read<SilenceRow>('alertmanager.silence');
		expect(rows.map(({id}) => id).sort()).toEqual(Object.values(ids).sort());
		expect(await silence('full')).toMatchObject({
			...{
				state: 'active',
				hides: ['DiskFull'],
				remark: 'ends-soon',
				severity: 'warn',
				createdBy: 'mira',
				comment: 'OPS-1',
			},
			text: 'alertname="DiskFull", instance="n:1"',
		});
		expect(await silence('nothing')).toMatchObject({state: 'active', hides: [], severity: 'ok'});
		expect(await silence('later')).toMatchObject({state: 'pending', hides: [], severity: 'ok'});
		expect(await silence('ended')).toMatchObject({state: 'expired', severity: 'ok'});
		expect(await fixture.findings('alertmanager.silence')).toEqual([
			expect.stringMatching(/^warn: silence of mira ends in 4m\d\ds while DiskFull still fires$/),
		]);
	});

	test('reports a silence that has been active for more than a week as forgotten', async () => {
		const later = await openAlertmanager(server, {readOnly: true}, () => Date.now() + 8 * 86_400_000);
		expect(await later.findings('alertmanager.silence')).toContainEqual(
			expect.stringMatching(/^warn: silence of somebody has been active for 8d0\dh, hides nothing now$/),
		);
		await later.close();
	});

	test('opens an alert with its annotations, its rule and what suppresses it', async () => {
		const text = await fixture.inspect('alertmanager.alert', await alert('TargetDown'));
		for (const line of [
			'TargetDown of alerts-main',
			'firing: its receivers are notified',
			'https://runbooks.example.test/down',
			'http://prometheus.example.test/graph?g0.expr=up+%3D%3D+0',
			'instance   a:1',
			'first',
			'second',
		]) {
			expect(text).toContain(line);
		}
		expect(await fixture.inspect('alertmanager.alert', await alert('DiskFull', 'n:1'))).toMatch(
			/silenced by +mira until .*: OPS-1 \(alertname="DiskFull", instance="n:1"\)/,
		);
		expect(await fixture.inspect('alertmanager.alert', await alert('Slow'))).toMatch(/inhibited by +TargetDown/);
		const ended = {...(await alert('Slow')), fingerprint: '0000000000000000'};
		expect(await fixture.inspect('alertmanager.alert', ended)).toContain('It has ended. As last read:');
	});

	test('opens a silence with the alerts that it hides now or will hide', async () => {
		expect(await fixture.inspect('alertmanager.silence', await silence('full'))).toMatch(
			/It hides 1 of 5 alerts\n {2}DiskFull/,
		);
		expect(await fixture.inspect('alertmanager.silence', await silence('later'))).toMatch(
			/It would now hide 1 of 5 alerts\n {2}Slow/,
		);
		expect(await fixture.inspect('alertmanager.silence', await silence('nothing'))).toContain('It hides nothing');
	});

	test('never shows the configuration of the server, which may hold secrets', async () => {
		expect(JSON.stringify(await fixture.port.status(fixture.actionContext))).not.toContain('receivers');
	});
});

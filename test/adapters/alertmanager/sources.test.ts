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
	let room: AlertmanagerFixture;
	const ids: Record<string, string> = {};
	beforeAll(async () => {
		room = await openAlertmanager(server);
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
	afterAll(() => room.close());

	const alert = async (name: string, instance?: string) => {
		const {rows} = await room.read<AlertmanagerAlertRow>('alertmanager.alert');
		const row = rows.find(one => one.name === name && (instance === undefined || one.labels['instance'] === instance));
		if (row === undefined) throw new Error(`no alert ${name}`);
		return row;
	};
	const silence = async (name: string) => {
		const {rows} = await room.read<SilenceRow>('alertmanager.silence');
		const row = rows.find(({id}) => id === ids[name]);
		if (row === undefined) throw new Error(`no silence ${name}`);
		return row;
	};

	test('tells of every alert what amtool tells', async () => {
		const {rows, gauges} = await room.read<AlertmanagerAlertRow>('alertmanager.alert');
		const told = (...words: readonly string[]) =>
			(JSON.parse(runAmtool(server, '--output=json', 'alert', 'query', ...words)) as readonly {fingerprint: string}[])
				.map(one => one.fingerprint)
				.sort();
		const mine = (which: AlertmanagerAlertRow['notification']) =>
			rows.filter(row => row.notification === which).map(row => row.fingerprint);
		expect(mine('firing').sort()).toEqual(told());
		expect(mine('silenced').sort()).toEqual(told('--silenced'));
		expect(mine('inhibited').sort()).toEqual(told('--inhibited'));
		expect(gauges.map(({id, value, severity}) => `${id} ${value} ${severity}`)).toEqual([
			'firing 3 crit',
			'silenced 1 ok',
			'inhibited 1 ok',
		]);
	});

	test('is as loud as its labels say, and calm about what is held back', async () => {
		expect(await alert('TargetDown')).toMatchObject({severity: 'crit', why: 'api a:1 is down', receivers: ['oncall']});
		expect(await alert('DiskFull', 'n:2')).toMatchObject({severity: 'crit', why: 'job=node instance=n:2'});
		expect(await alert('DiskFull', 'n:1')).toMatchObject({severity: 'ok', notification: 'silenced'});
		expect(await alert('Slow')).toMatchObject({severity: 'ok', notification: 'inhibited'});
		expect(await alert('Watchdog')).toMatchObject({severity: 'ok', notification: 'firing'});
		expect(await room.findings('alertmanager.alert')).toEqual([
			'crit: DiskFull: job=node instance=n:2',
			'crit: TargetDown: api a:1 is down',
		]);
	});

	test('says since when, as the alert itself does', async () => {
		const {since, startsAt, silencedUntil} = await alert('DiskFull', 'n:1');
		expect(since).toBe(Date.parse(startsAt));
		const ends = (await silencesOf(server)).find(({id}) => id === ids['full'])?.endsAt ?? '';
		expect(silencedUntil).toBe(Date.parse(ends));
	});

	test('tells what each silence hides, and when it ends', async () => {
		const {rows} = await room.read<SilenceRow>('alertmanager.silence');
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
		expect(await room.findings('alertmanager.silence')).toEqual([
			expect.stringMatching(/^warn: silence of mira ends in 4m\d\ds while DiskFull still fires$/),
		]);
	});

	test('calls a silence forgotten that has been active for more than a week', async () => {
		const later = await openAlertmanager(server, {readOnly: true}, () => Date.now() + 8 * 86_400_000);
		expect(await later.findings('alertmanager.silence')).toContainEqual(
			expect.stringMatching(/^warn: silence of somebody has been active for 8d0\dh, hides nothing now$/),
		);
		await later.close();
	});

	test('opens an alert with what it says, where its rule is and what keeps it quiet', async () => {
		const text = await room.inspect('alertmanager.alert', await alert('TargetDown'));
		for (const line of [
			'TargetDown of alerts-main',
			'firing, and its receivers are told',
			'https://runbooks.example.test/down',
			'http://prometheus.example.test/graph?g0.expr=up+%3D%3D+0',
			'instance   a:1',
			'first',
			'second',
		]) {
			expect(text).toContain(line);
		}
		expect(await room.inspect('alertmanager.alert', await alert('DiskFull', 'n:1'))).toMatch(
			/silenced by {3}mira until .*: OPS-1 \(alertname="DiskFull", instance="n:1"\)/,
		);
		expect(await room.inspect('alertmanager.alert', await alert('Slow'))).toMatch(/inhibited by {2}TargetDown/);
		const gone = {...(await alert('Slow')), fingerprint: '0000000000000000'};
		expect(await room.inspect('alertmanager.alert', gone)).toContain('It has ended since');
	});

	test('opens a silence with what it matches, now or then', async () => {
		expect(await room.inspect('alertmanager.silence', await silence('full'))).toMatch(
			/It hides 1 of 5 alerts\n {2}DiskFull/,
		);
		expect(await room.inspect('alertmanager.silence', await silence('later'))).toMatch(
			/It would now hide 1 of 5 alerts\n {2}Slow/,
		);
		expect(await room.inspect('alertmanager.silence', await silence('nothing'))).toContain('It hides nothing');
	});

	test('never shows the configuration of the server, which may hold secrets', async () => {
		expect(JSON.stringify(await room.port.status(room.actionContext))).not.toContain('receivers');
	});
});

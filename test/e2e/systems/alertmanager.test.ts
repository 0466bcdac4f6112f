import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir, userInfo} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, beforeEach, expect, test} from 'vitest';
import {
	createSilenceDirectly,
	describeDedicatedAlertmanager,
	expireSilenceDirectly,
	fireAlert,
	resolveAlert,
	runAmtool,
	silencesOf,
} from '../../adapters/alertmanager/dedicated-alertmanager.ts';
import {type ReverseProxy, startReverseProxy} from '../../adapters/alertmanager/reverse-proxy.ts';
import {writeTargets} from '../../estate/target-config.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';

const down = {alertname: 'TargetDown', job: 'api', instance: 'a:1', severity: 'critical'};
const comment = 'known since the release';

await describeDedicatedAlertmanager('silences by keyboard', server => {
	let front: ReverseProxy;
	let open: ConsoleProcess | undefined;
	const homes: string[] = [];
	beforeAll(async () => {
		front = await startReverseProxy(server);
	});
	afterAll(() => front.close());
	beforeEach(async () => {
		front.mode = 'pass';
		await fireAlert(server, down, {summary: 'api a:1 is down', runbook_url: 'https://runbooks.example.test/down'});
	});
	afterEach(async () => {
		await open?.close();
		open = undefined;
		for (const home of homes.splice(0)) rmSync(home, {recursive: true, force: true});
		for (const one of await silencesOf(server))
			if (one.status.state !== 'expired') await expireSilenceDirectly(server, one.id);
	});

	const active = async () => (await silencesOf(server)).filter(one => one.status.state === 'active');

	/** A console with the Alertmanager as its only target, behind what a company puts before it. */
	async function openConsole(production = false): Promise<ConsoleProcess> {
		const home = mkdtempSync(join(tmpdir(), 'midwatch-e2e-'));
		homes.push(home);
		const url = `http://127.0.0.1:${front.port}`;
		const file = writeTargets(home, [{name: 'alerts', kind: 'alertmanager', url, production}]);
		open = await startConsole({columns: 160, rows: 40, file, home});
		await open.zoom(6, 'Targets');
		return open;
	}

	/** Opens the action on the selected alert and says why. */
	async function propose(midwatch: ConsoleProcess): Promise<void> {
		await midwatch.openDeclared('alertmanager.silence', 'For how long');
		midwatch.press('field.next', 'field.next');
		midwatch.type(comment);
		await midwatch.expect(comment);
		midwatch.press('field.accept');
	}

	const ended = /\b(?:Done|Failed|Refused|Blocked|Cancelled|Expired)\b|outcome is not known|has changed since/;

	/** The record may be written a moment after the screen. */
	const recorded = (midwatch: ConsoleProcess, kind: string) =>
		expect.poll(() => midwatch.audit().filter(line => line.kind === kind));

	async function undo(midwatch: ConsoleProcess): Promise<void> {
		midwatch.press('list.choose');
		await midwatch.expectAbsent('Done');
		midwatch.press('deck.undo');
		await midwatch.expect('silence');
		midwatch.press('list.choose');
		await midwatch.confirm();
		await midwatch.expect('Done');
	}

	test('an alert is opened, silenced once it is armed, and shown again by undo', async () => {
		const midwatch = await openConsole(true);
		await midwatch.select('a:1');
		await midwatch.openDeclared('alertmanager.alert', 'https://runbooks.example.test/down');
		midwatch.press('deck.back');
		await midwatch.expectAbsent('https://runbooks.example.test/down');
		await midwatch.openDeclared('alertmanager.silence', 'is guarded');
		expect(await active()).toEqual([]);
		await midwatch.arm('alerts');
		await propose(midwatch);
		await midwatch.expect('1 alert now');
		await midwatch.confirm();
		await midwatch.expect(/Done[\s\S]*hides 1 alert/);
		expect(await active()).toMatchObject([{comment, createdBy: userInfo().username}]);
		expect(runAmtool(server, 'alert', 'query')).not.toContain('TargetDown');
		await undo(midwatch);
		expect(await active()).toEqual([]);
		expect(runAmtool(server, 'alert', 'query')).toContain('TargetDown');
		await recorded(midwatch, 'intent').toMatchObject([{action: {id: 'alertmanager.silence'}}]);
		await recorded(midwatch, 'undo').toMatchObject([{action: {id: 'alertmanager.silence'}}]);
		await recorded(midwatch, 'verify').toMatchObject([{result: 'done'}, {result: 'done'}]);
		expect(midwatch.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
		expect(await midwatch.quit()).toEqual({code: 0});
	});

	test('a silence is ended, and made again by undo until its old end', async () => {
		const id = await createSilenceDirectly(server, down, {by: 'mira', comment: 'by mira'});
		const [before] = await active();
		const midwatch = await openConsole();
		await midwatch.select('by mira');
		expect(await midwatch.action('alertmanager.expire-silence')).toContain('Done');
		expect(await active()).toEqual([]);
		await undo(midwatch);
		const [again] = await active();
		expect(again).toMatchObject({endsAt: before?.endsAt, comment: 'by mira', createdBy: 'mira'});
		expect(again?.id).not.toBe(id);
	});

	test('a silence over 54 alerts demands and records 54, each of them', async () => {
		const many = Array.from({length: 54}, (_, at) => ({...down, job: 'many', instance: `m:${at}`}));
		await Promise.all(many.map(labels => fireAlert(server, labels)));
		const midwatch = await openConsole();
		await midwatch.select('m:0');
		await midwatch.openDeclared('alertmanager.silence', 'For how long');
		midwatch.press('field.next', 'field.clear');
		midwatch.type('job="many"');
		await midwatch.expect('job="many"');
		midwatch.press('field.next');
		midwatch.type(comment);
		await midwatch.expect(comment);
		midwatch.press('field.accept');
		await midwatch.expect('alerts it hides: 54 of the');
		await midwatch.confirm();
		await midwatch.expect(/Done[\s\S]*hides 54 alerts/);
		const names = many.map(({instance}) => `alert TargetDown job=many instance=${instance}`).toSorted();
		await recorded(midwatch, 'intent').toHaveLength(1);
		const previews = midwatch.audit().flatMap(line => (line.kind === 'intent' ? [line['preview']] : []));
		const [{count, touches} = {count: 0, touches: []}] = previews as readonly {
			readonly count: number;
			readonly touches: readonly string[];
		}[];
		expect({count, touches: touches.toSorted()}).toEqual({count: 54, touches: names});
		await Promise.all(many.map(labels => resolveAlert(server, labels)));
	});

	test('what somebody ended meanwhile is stale, and nothing is sent', async () => {
		const id = await createSilenceDirectly(server, down, {comment: 'short'});
		const midwatch = await openConsole();
		await midwatch.select('short');
		await midwatch.openDeclared('alertmanager.expire-silence', /type \S+, the number of objects \(2\)/);
		front.requests.length = 0;
		await expireSilenceDirectly(server, id);
		await midwatch.expect(/has changed since[\s\S]*it has ended already|it has ended already[\s\S]*nothing was sent/);
		midwatch.press('list.choose');
		expect(front.requests.filter(line => !line.startsWith('GET'))).toEqual([]);
	});

	test('a proxy that only lets reads through refuses, and that is said and recorded', async () => {
		front.mode = 'read-only';
		const midwatch = await openConsole();
		await midwatch.select('a:1');
		await propose(midwatch);
		await midwatch.confirm();
		const screen = await midwatch.expect(ended);
		expect(screen).toContain('403');
		expect(screen).toContain('ask its administrator');
		expect(await active()).toEqual([]);
		await recorded(midwatch, 'outcome').toMatchObject([{result: 'failed'}]);
	});

	test('when the reply is lost, the outcome is unknown, and it was sent once', async () => {
		const midwatch = await openConsole();
		await midwatch.select('a:1');
		await propose(midwatch);
		front.requests.length = 0;
		await midwatch.expect('press');
		front.mode = 'drop-response';
		await midwatch.confirm();
		await midwatch.expect('outcome is not known');
		expect(front.requests.filter(line => line.startsWith('POST'))).toHaveLength(1);
		expect(await active()).toHaveLength(1);
		await recorded(midwatch, 'outcome').toMatchObject([{result: 'unknown'}]);
	});
});

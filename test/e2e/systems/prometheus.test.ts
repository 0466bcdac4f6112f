import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {startReverseProxy} from '../../adapters/alertmanager/reverse-proxy.ts';
import {
	countWrites,
	readConfigFile,
	reloadDirectly,
	runningConfig,
	withExternalLabel,
	writeConfigFile,
} from '../../adapters/prometheus/prometheus-fixture.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {startDisposablePrometheus} from '../../estate/disposable-server.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {prometheusUrl} from '../../estate/prometheus.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';

/** A console on one Prometheus, with its login. */
async function openConsole(server: PrometheusServer, production = false): Promise<ConsoleProcess> {
	const home = mkdtempSync(join(tmpdir(), 'midwatch-prometheus-'));
	onTestFinished(() => rmSync(home, {recursive: true, force: true}));
	const write = (name: string, text: string): string => {
		const path = join(home, name);
		writeFileSync(path, text, {mode: 0o600});
		return path;
	};
	const {login} = server;
	const entry = {
		...{name: 'prom', kind: 'prometheus', url: prometheusUrl(server), production},
		...(login && {username: login.user, password: `\${file:${write('password', login.password)}}`}),
	};
	// JSON is YAML too.
	const file = write('midwatch.yaml', JSON.stringify({targets: [entry]}));
	const midwatch = await startConsole({columns: 160, file, home});
	onTestFinished(() => midwatch.close());
	await midwatch.zoom(6, 'Targets');
	await midwatch.expect(/up \d/);
	return midwatch;
}

describePrometheus('prometheus', 'a Prometheus by keyboard, like the one', () => {
	test('a changed configuration is loaded, a broken one is reported with its error, and both are recorded', async () => {
		const own = await startDisposablePrometheus();
		onTestFinished(() => own.end());
		const server = own.current();
		const original = readConfigFile(server);
		const midwatch = await openConsole(server);
		await midwatch.select('prometheus');
		writeConfigFile(server, withExternalLabel(original, 'by-keyboard'));
		expect(await midwatch.action('prometheus.reload')).toContain('Done');
		expect(await runningConfig(server)).toContain('by-keyboard');
		await expect.poll(() => midwatch.audit().map(line => line.kind)).toContain('verify');
		midwatch.press('list.choose');
		await midwatch.expectAbsent('Done');

		writeConfigFile(server, `${original}\nnonsense: true\n`);
		await midwatch.openDeclared('prometheus.reload', 'will run');
		await midwatch.confirm();
		await midwatch.expect(/field nonsense not found/);
		expect(await runningConfig(server)).toContain('by-keyboard');
		const outcomes = () => midwatch.audit().flatMap(line => (line.kind === 'outcome' ? [line.result] : []));
		await expect.poll(outcomes).toEqual(['sent', 'failed']);
		expect(midwatch.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
		midwatch.press('deck.back');
		// An escape and what follows it at once would be one key.
		await midwatch.expectAbsent('enter closes');
		// The pane shows it after the next read, and so does the next confirmation.
		await midwatch.expect('config reload failed');
		await midwatch.openDeclared('prometheus.reload', 'the last reload failed');
		await midwatch.expect('promtool');
		midwatch.press('deck.back');
		await midwatch.expectAbsent('promtool');
	});

	test('what somebody reloaded meanwhile is stale, and nothing is sent', async () => {
		const own = await startDisposablePrometheus();
		onTestFinished(() => own.end());
		const server = own.current();
		const midwatch = await openConsole(server);
		await midwatch.select('prometheus');
		await midwatch.openDeclared('prometheus.reload', 'will run');
		expect(await reloadDirectly(server)).toBe(200);
		const before = await countWrites(server);
		await midwatch.expect(/it was reloaded[\s\S]*has changed since the preview: nothing was sent/);
		midwatch.press('list.choose');
		expect(await countWrites(server)).toBe(before);
		expect(midwatch.audit().filter(line => line.kind === 'outcome' && line.result === 'sent')).toEqual([]);
	});

	test('when the reply is lost, the outcome is unknown, and it was sent once', async () => {
		const own = await startDisposablePrometheus();
		onTestFinished(() => own.end());
		const front = await startReverseProxy(own.current());
		onTestFinished(() => front.close());
		const server = own.current();
		const original = readConfigFile(server);
		const midwatch = await openConsole({...server, port: front.port});
		await midwatch.select('prometheus');
		writeConfigFile(server, withExternalLabel(original, 'lost-reply'));
		await midwatch.openDeclared('prometheus.reload', 'will run');
		front.requests.length = 0;
		front.mode = 'drop-response';
		await midwatch.confirm();
		await midwatch.expect('outcome is not known');
		expect(front.requests.filter(line => line.startsWith('POST'))).toHaveLength(1);
		expect(await runningConfig(server)).toContain('lost-reply');
		await expect
			.poll(() => midwatch.audit().flatMap(line => (line.kind === 'outcome' ? [line.result] : [])))
			.toEqual(['unknown']);
	});

	test('on a guarded target nothing happens before it is armed', async () => {
		const own = await startDisposablePrometheus();
		onTestFinished(() => own.end());
		const server = own.current();
		writeConfigFile(server, withExternalLabel(readConfigFile(server), 'armed-first'));
		const midwatch = await openConsole(server, true);
		await midwatch.select('prometheus');
		await midwatch.openDeclared('prometheus.reload', 'is guarded: press');
		expect(await runningConfig(server)).not.toContain('armed-first');
		await midwatch.arm('prom');
		expect(await midwatch.action('prometheus.reload')).toContain('Done');
		expect(await runningConfig(server)).toContain('armed-first');
	});
});

describePrometheus('prometheus-guarded', 'a Prometheus without lifecycle', server => {
	test('is not reloaded: the reason and the flag stand in the confirmation', async () => {
		const midwatch = await openConsole(server);
		await midwatch.select('prometheus');
		await midwatch.openDeclared('prometheus.reload', '--web.enable-lifecycle');
		expect(midwatch.audit().filter(line => line.kind === 'intent')).toEqual([]);
		midwatch.press('deck.back');
	});
});

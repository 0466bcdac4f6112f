import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
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

let open: ConsoleProcess | undefined;
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	await open?.close();
	open = undefined;
	for (const close of closing.splice(0)) await close();
});

/** A console on one Prometheus, with its login. */
async function console(server: PrometheusServer, production = false): Promise<ConsoleProcess> {
	const home = mkdtempSync(join(tmpdir(), 'midwatch-prometheus-'));
	closing.push(async () => rmSync(home, {recursive: true, force: true}));
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
	const opened = await startConsole({columns: 160, file, home});
	await opened.zoom(6, 'Targets');
	await opened.expect(/up \d/);
	return opened;
}

describePrometheus('prometheus', 'a Prometheus by keyboard, like the one', () => {
	test('a changed configuration is loaded, a broken one is reported with its error, and both are recorded', async () => {
		const own = await startDisposablePrometheus();
		closing.push(() => own.end());
		const server = own.current();
		const original = readConfigFile(server);
		open = await console(server);
		await open.select('prometheus');
		writeConfigFile(server, withExternalLabel(original, 'by-keyboard'));
		expect(await open.action('prometheus.reload')).toContain('Done');
		expect(await runningConfig(server)).toContain('by-keyboard');
		await expect.poll(() => open?.audit().map(line => line.kind)).toContain('verify');
		open.press('list.choose');
		await open.expectAbsent('Done');

		writeConfigFile(server, `${original}\nnonsense: true\n`);
		open.pressDeclared('prometheus.reload');
		await open.expect('will run');
		await open.confirm();
		await open.expect(/field nonsense not found/);
		expect(await runningConfig(server)).toContain('by-keyboard');
		const outcomes = () => open?.audit().flatMap(line => (line.kind === 'outcome' ? [line.result] : []));
		await expect.poll(outcomes).toEqual(['sent', 'failed']);
		expect(open.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
		open.press('deck.back');
		// An escape and what follows it at once would be one key.
		await open.expectAbsent('enter closes');
		// The pane shows it after the next read, and so does the next confirmation.
		await open.expect('config reload failed');
		open.pressDeclared('prometheus.reload');
		await open.expect('the last reload failed');
		await open.expect('promtool');
		open.press('deck.back');
		await open.expectAbsent('promtool');
	});

	test('what somebody reloaded meanwhile is stale, and nothing is sent', async () => {
		const own = await startDisposablePrometheus();
		closing.push(() => own.end());
		const server = own.current();
		open = await console(server);
		await open.select('prometheus');
		open.pressDeclared('prometheus.reload');
		await open.expect('will run');
		expect(await reloadDirectly(server)).toBe(200);
		const before = await countWrites(server);
		await open.expect(/it was reloaded[\s\S]*has changed since the preview: nothing was sent/);
		open.press('list.choose');
		expect(await countWrites(server)).toBe(before);
		expect(open.audit().filter(line => line.kind === 'outcome' && line.result === 'sent')).toEqual([]);
	});

	test('when the reply is lost, the outcome is unknown, and it was sent once', async () => {
		const own = await startDisposablePrometheus();
		const front = await startReverseProxy(own.current());
		closing.push(
			() => front.close(),
			() => own.end(),
		);
		const server = own.current();
		const original = readConfigFile(server);
		open = await console({...server, port: front.port});
		await open.select('prometheus');
		writeConfigFile(server, withExternalLabel(original, 'lost-reply'));
		open.pressDeclared('prometheus.reload');
		await open.expect('will run');
		front.requests.length = 0;
		front.mode = 'drop-response';
		await open.confirm();
		await open.expect('outcome is not known');
		expect(front.requests.filter(line => line.startsWith('POST'))).toHaveLength(1);
		expect(await runningConfig(server)).toContain('lost-reply');
		await expect
			.poll(() => open?.audit().flatMap(line => (line.kind === 'outcome' ? [line.result] : [])))
			.toEqual(['unknown']);
	});

	test('on a guarded target nothing happens before it is armed', async () => {
		const own = await startDisposablePrometheus();
		closing.push(() => own.end());
		const server = own.current();
		writeConfigFile(server, withExternalLabel(readConfigFile(server), 'armed-first'));
		open = await console(server, true);
		await open.select('prometheus');
		open.pressDeclared('prometheus.reload');
		await open.expect('arm');
		expect(await runningConfig(server)).not.toContain('armed-first');
		await open.arm('prom');
		expect(await open.action('prometheus.reload')).toContain('Done');
		expect(await runningConfig(server)).toContain('armed-first');
	});
});

describePrometheus('prometheus-guarded', 'a Prometheus without lifecycle', server => {
	test('is not reloaded: the reason and the flag stand in the confirmation', async () => {
		open = await console(server);
		await open.select('prometheus');
		open.pressDeclared('prometheus.reload');
		await open.expect('--web.enable-lifecycle');
		expect(open.audit().filter(line => line.kind === 'intent')).toEqual([]);
		open.press('deck.back');
	});
});

import {once} from 'node:events';
import {createServer, type Server} from 'node:http';
import {type AddressInfo, connect} from 'node:net';
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import type {ReloadPlan} from '../../../adapters/prometheus/reload.ts';
import type {Preview} from '../../../src/contract/action.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {type DisposableServer, startDisposablePrometheus} from '../../estate/disposable-server.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {
	actionOf,
	countWrites,
	openPrometheus,
	type PrometheusFixture,
	readConfigFile,
	reloadDirectly,
	runningConfig,
	runtimeOf,
	settingsFor,
	withExternalLabel,
	writeConfigFile,
} from './prometheus-fixture.ts';

const action = actionOf('prometheus.reload');

describePrometheus('prometheus', 'prometheus.reload', () => {
	let disposable: DisposableServer<PrometheusServer>;
	let server: PrometheusServer;
	let original: string;
	let fixture: PrometheusFixture;

	beforeAll(async () => {
		disposable = await startDisposablePrometheus();
		server = disposable.current();
		original = readConfigFile(server);
		fixture = await openPrometheus(settingsFor(server));
	});
	afterAll(async () => {
		await fixture.connection.close();
		await disposable.end();
	});
	afterEach(async () => {
		writeConfigFile(server, original);
		await reloadDirectly(server);
	});

	const propose = async () => {
		// The times of the server are in seconds: a later load must have another one.
		const age = async () => Date.now() - Date.parse((await runtimeOf(server)).lastConfigTime);
		await expect.poll(age).toBeGreaterThan(1000);
		return (await action.preview([], {}, fixture.actionContext())) as Preview<ReloadPlan>;
	};

	test('a changed file is loaded, and the server confirms it', async () => {
		const {plan, object, undo} = await propose();
		expect(object).toBe('prometheus.yml');
		expect(undo.class).toBe('none');
		writeConfigFile(server, withExternalLabel(original, 'new-marker'));
		expect(await action.preflight(plan, fixture.actionContext())).toEqual([
			expect.objectContaining({label: 'the server', result: 'pass'}),
			expect.objectContaining({label: 'the right to reload', result: 'pass'}),
		]);
		const receipt = await action.run(plan, fixture.actionContext('record-17'));
		expect(await action.verify(plan, receipt, fixture.actionContext())).toEqual({
			result: 'done',
			detail: expect.stringMatching(/^configuration loaded at \d\d:\d\d:\d\dZ, 1 target$/),
		});
		expect(await runningConfig(server)).toContain('new-marker');
	});

	test('a broken file is refused with its error, the old configuration stays, and the next preview says that it will not help', async () => {
		const {plan} = await propose();
		writeConfigFile(server, `${original}\nscrape_confgis: []\n`);
		await expect(action.run(plan, fixture.actionContext())).rejects.toMatchObject({
			kind: 'denied',
			message: expect.stringMatching(/parsing YAML file .*prometheus\.yml.*field scrape_confgis not found/),
			hint: expect.stringMatching(/promtool check config/),
		});
		expect(await runtimeOf(server)).toMatchObject({reloadConfigSuccess: false, lastConfigTime: plan.lastConfigTime});
		const {unhelpful} = await action.preview([], {}, fixture.actionContext());
		expect(unhelpful?.reason).toMatch(/^the last reload failed.*`promtool check config \/\S+\/prometheus\.yml`/);
		const snapshot = await fixture.read('prometheus.target');
		expect(snapshot.gauges).toContainEqual(
			expect.objectContaining({id: 'config', text: 'reload failed', severity: 'warn'}),
		);
		expect(fixture.findings('prometheus.target', snapshot)[0]).toMatch(
			/^warn: the configuration of prom could not be loaded/,
		);
		// A failed reload by another client makes the earlier plan a conflict.
		expect(await action.preflight(plan, fixture.actionContext())).toContainEqual(
			expect.objectContaining({
				result: 'block',
				conflict: true,
				detail: 'a reload has failed since',
			}),
		);
	});

	test('a configuration that is applied in part is not done', async () => {
		const {plan} = await propose();
		// It parses, and the file with the CA is only opened when the alerting starts again.
		writeConfigFile(
			server,
			`${original}\nalerting:\n  alertmanagers:\n    - static_configs: [{targets: ['127.0.0.1:1']}]\n      tls_config: {ca_file: /nowhere/ca.pem}\n`,
		);
		const receipt = await action.run(plan, fixture.actionContext());
		expect(receipt.summary).toMatch(/^POST \/-\/reload, applied in part: one or more errors occurred/);
		expect(await action.verify(plan, receipt, fixture.actionContext())).toEqual({
			result: 'ineffective',
			detail: expect.stringMatching(/the reload failed: one or more errors/),
		});
	});

	test('nothing is sent when another client reloaded it or it was restarted', async () => {
		const {plan} = await propose();
		await reloadDirectly(server);
		const before = await countWrites(server);
		await expect(action.run(plan, fixture.actionContext())).rejects.toMatchObject({
			kind: 'conflict',
			message: expect.stringMatching(/it was reloaded since/),
		});
		expect(await countWrites(server)).toBe(before);
		const {plan: second} = await propose();
		await disposable.restart();
		server = disposable.current();
		expect(await action.preflight(second, fixture.actionContext())).toContainEqual(
			expect.objectContaining({conflict: true, detail: expect.stringMatching(/was restarted, which also loads/)}),
		);
		await expect(action.run(second, fixture.actionContext())).rejects.toMatchObject({kind: 'conflict'});
	});

	test('a lost response leaves the outcome unknown, and the request was sent once', async () => {
		const proxy = await losingReloads(server);
		const indirect = await openPrometheus({...settingsFor(server), url: proxy.url});
		try {
			const {plan} = await propose();
			writeConfigFile(server, withExternalLabel(original, 'lost-response'));
			const failure = await action.run(plan, {...indirect.actionContext()}).catch((error: unknown) => error);
			expect(failure).toMatchObject({name: 'AdapterError', kind: 'unreachable', harmless: false});
			expect(proxy.reloads()).toBe(1);
			await expect.poll(() => runningConfig(server)).toContain('lost-response');
		} finally {
			await indirect.connection.close();
			proxy.close();
		}
	});
});

describePrometheus('prometheus-guarded', 'prometheus.reload without lifecycle', server => {
	test('is blocked with the reason before it is sent, and refused by the server otherwise', async () => {
		const fixture = await openPrometheus(settingsFor(server));
		const {plan} = await action.preview([], {}, fixture.actionContext());
		expect(await action.preflight(plan, fixture.actionContext())).toContainEqual({
			label: 'the right to reload',
			result: 'block',
			detail: expect.stringMatching(/without --web.enable-lifecycle/),
		});
		await expect(action.run(plan, fixture.actionContext())).rejects.toMatchObject({
			kind: 'denied',
			message: 'reload: Lifecycle API is not enabled.',
			hint: expect.stringMatching(/--web.enable-lifecycle/),
		});
		await fixture.connection.close();
	});
});

/** Starts a proxy that closes the connection instead of forwarding the response to a reload. */
async function losingReloads(server: PrometheusServer) {
	let reloads = 0;
	const proxy: Server = createServer((request, response) => {
		const isReload = request.url === '/-/reload';
		if (isReload) reloads += 1;
		const upstream = connect(server.port, server.host);
		upstream.on('error', () => response.destroy());
		upstream.write(`${request.method} ${request.url} HTTP/1.0\r\nHost: ${server.host}\r\nContent-Length: 0\r\n\r\n`);
		if (isReload) {
			upstream.once('data', () => {
				upstream.destroy();
				request.socket.destroy();
			});
			return;
		}
		const socket = response.socket;
		if (socket !== null) upstream.pipe(socket);
	});
	proxy.listen(0, '127.0.0.1');
	await once(proxy, 'listening');
	return {
		url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
		reloads: () => reloads,
		close() {
			proxy.closeAllConnections();
			proxy.close();
		},
	};
}

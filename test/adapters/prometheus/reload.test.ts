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

describePrometheus('prometheus', 'prometheus.reload, and a server like it', () => {
	let own: DisposableServer<PrometheusServer>;
	let server: PrometheusServer;
	let original: string;
	let room: PrometheusFixture;

	beforeAll(async () => {
		own = await startDisposablePrometheus();
		server = own.current();
		original = readConfigFile(server);
		room = await openPrometheus(settingsFor(server));
	});
	afterAll(async () => {
		await room.connection.close();
		await own.end();
	});
	afterEach(async () => {
		writeConfigFile(server, original);
		await reloadDirectly(server);
	});

	const propose = async () => {
		// What is loaded within the same second cannot be told from what was there.
		const age = async () => Date.now() - Date.parse((await runtimeOf(server)).lastConfigTime);
		await expect.poll(age).toBeGreaterThan(1000);
		return (await action.preview([], {}, room.actionContext())) as Preview<ReloadPlan>;
	};

	test('a changed file is loaded, and that is verified by the server itself', async () => {
		const {plan, object, undo} = await propose();
		expect(object).toBe('prometheus.yml');
		expect(undo.class).toBe('none');
		writeConfigFile(server, withExternalLabel(original, 'new-marker'));
		expect(await action.preflight(plan, room.actionContext())).toEqual([
			expect.objectContaining({label: 'the server', result: 'pass'}),
			expect.objectContaining({label: 'the right to reload', result: 'pass'}),
		]);
		const receipt = await action.run(plan, room.actionContext('record-17'));
		expect(await action.verify(plan, receipt, room.actionContext())).toEqual({
			result: 'done',
			detail: expect.stringMatching(/^configuration loaded at \d\d:\d\d:\d\dZ, 1 target$/),
		});
		expect(await runningConfig(server)).toContain('new-marker');
	});

	test('a broken file is refused with the fault, the old configuration stays, and the next preview says that it will not help', async () => {
		const {plan} = await propose();
		writeConfigFile(server, `${original}\nscrape_confgis: []\n`);
		await expect(action.run(plan, room.actionContext())).rejects.toMatchObject({
			kind: 'denied',
			message: expect.stringMatching(/parsing YAML file .*prometheus\.yml.*field scrape_confgis not found/),
			hint: expect.stringMatching(/promtool check config/),
		});
		expect(await runtimeOf(server)).toMatchObject({reloadConfigSuccess: false, lastConfigTime: plan.lastConfigTime});
		const {unhelpful} = await action.preview([], {}, room.actionContext());
		expect(unhelpful?.reason).toMatch(/^the last reload failed.*`promtool check config \/\S+\/prometheus\.yml`/);
		const snapshot = await room.read('prometheus.target');
		expect(snapshot.gauges).toContainEqual(
			expect.objectContaining({id: 'config', text: 'reload failed', severity: 'warn'}),
		);
		expect(room.findings('prometheus.target', snapshot)[0]).toMatch(
			/^warn: the configuration of prom could not be loaded/,
		);
		// The failed reload of another moves the plan that was made before it.
		expect(await action.preflight(plan, room.actionContext())).toContainEqual(
			expect.objectContaining({
				result: 'block',
				conflict: true,
				detail: 'somebody tried to reload it since, and that failed',
			}),
		);
	});

	test('a configuration that is taken in part is not called done', async () => {
		const {plan} = await propose();
		// It parses, and the file with the credentials is only looked for when the scraping begins anew.
		writeConfigFile(
			server,
			`${original}\nalerting:\n  alertmanagers:\n    - static_configs: [{targets: ['127.0.0.1:1']}]\n      tls_config: {ca_file: /nowhere/ca.pem}\n`,
		);
		const receipt = await action.run(plan, room.actionContext());
		expect(receipt.summary).toMatch(/^POST \/-\/reload, taken in part: one or more errors occurred/);
		expect(await action.verify(plan, receipt, room.actionContext())).toEqual({
			result: 'ineffective',
			detail: expect.stringMatching(/the server says that its reload failed: one or more errors/),
		});
	});

	test('somebody else reloads it, or it is restarted, meanwhile: nothing is sent', async () => {
		const {plan} = await propose();
		await reloadDirectly(server);
		const before = await countWrites(server);
		await expect(action.run(plan, room.actionContext())).rejects.toMatchObject({
			kind: 'conflict',
			message: expect.stringMatching(/somebody reloaded it/),
		});
		expect(await countWrites(server)).toBe(before);
		const {plan: second} = await propose();
		await own.restart();
		server = own.current();
		expect(await action.preflight(second, room.actionContext())).toContainEqual(
			expect.objectContaining({conflict: true, detail: expect.stringMatching(/was restarted since/)}),
		);
		await expect(action.run(second, room.actionContext())).rejects.toMatchObject({kind: 'conflict'});
	});

	test('an answer that is lost on its way is no failure: what came of it is unknown, and it was sent once', async () => {
		const proxy = await losingReloads(server);
		const over = await openPrometheus({...settingsFor(server), url: proxy.url});
		try {
			const {plan} = await propose();
			writeConfigFile(server, withExternalLabel(original, 'lost-answer'));
			const failure = await action.run(plan, {...over.actionContext()}).catch((error: unknown) => error);
			expect(failure).toMatchObject({name: 'AdapterError', kind: 'unreachable', harmless: false});
			expect(proxy.reloads()).toBe(1);
			await expect.poll(() => runningConfig(server)).toContain('lost-answer');
		} finally {
			await over.connection.close();
			proxy.close();
		}
	});
});

describePrometheus('prometheus-guarded', 'prometheus.reload without lifecycle', server => {
	test('is blocked with the reason before it is sent, and refused by the server when it is', async () => {
		const room = await openPrometheus(settingsFor(server));
		const {plan} = await action.preview([], {}, room.actionContext());
		expect(await action.preflight(plan, room.actionContext())).toContainEqual({
			label: 'the right to reload',
			result: 'block',
			detail: expect.stringMatching(/without --web.enable-lifecycle/),
		});
		await expect(action.run(plan, room.actionContext())).rejects.toMatchObject({
			kind: 'denied',
			message: 'reload: Lifecycle API is not enabled.',
			hint: expect.stringMatching(/--web.enable-lifecycle/),
		});
		await room.connection.close();
	});
});

/** Stands before a server, and hangs up when it has passed a reload on and the answer has come. */
async function losingReloads(behind: PrometheusServer) {
	let reloads = 0;
	const front: Server = createServer((request, response) => {
		const isReload = request.url === '/-/reload';
		if (isReload) reloads += 1;
		const far = connect(behind.port, behind.host);
		far.on('error', () => response.destroy());
		far.write(`${request.method} ${request.url} HTTP/1.0\r\nHost: ${behind.host}\r\nContent-Length: 0\r\n\r\n`);
		if (isReload) {
			far.once('data', () => {
				far.destroy();
				request.socket.destroy();
			});
			return;
		}
		const socket = response.socket;
		if (socket !== null) far.pipe(socket);
	});
	front.listen(0, '127.0.0.1');
	await once(front, 'listening');
	return {
		url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
		reloads: () => reloads,
		close() {
			front.closeAllConnections();
			front.close();
		},
	};
}

import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer, type Server} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {
	createSilenceDirectly,
	describeDedicatedAlertmanager,
	fireAlert,
} from '../../adapters/alertmanager/dedicated-alertmanager.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {type DisposableServer, startDisposablePrometheus} from '../../estate/disposable-server.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {writeTargets} from '../../estate/target-config.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';
import {expectFramed, expectUsable} from '../failure-modes/failure-modes.ts';
import {expectSanitized, expectSanitizedSnapshot, fiveMegabytes, hostileName} from './hostile-text.ts';

let open: ConsoleProcess;

async function leave(): Promise<void> {
	open.press('deck.back');
	await open.expectAbsent('esc back');
}

async function expectReadsOn(): Promise<void> {
	await expectUsable(open);
	expectSanitized(open);
	await expectFramed(open);
	expect(open.pty.screen()).not.toMatch(/ old ─/);
}

/** Something to be scraped that no library would let us serve: what it sends is sent as it is. */
async function exporter(answer: (path: string) => string): Promise<{readonly port: number; readonly server: Server}> {
	const server = createServer(socket => {
		socket.on('error', () => {});
		socket.once('data', request => socket.end(answer(String(request).split(' ')[1] ?? '')));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('it has no port');
	return {port: address.port, server};
}

const page = (text: string) => `HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n\r\n${text}`;

/** A label value as the text format writes it. */
const quoted = (value: string) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

describePrometheus('prometheus', 'text from outside', () => {
	let own: DisposableServer<PrometheusServer>;
	let scraped: Server;

	beforeAll(async () => {
		const pages: Readonly<Record<string, string>> = {
			'/evil': page(`# HELP evil_total ${hostileName}\nevil_total{said=${quoted(hostileName)}} 1\n`),
			'/long': page(`long_metric{long="${'x'.repeat(fiveMegabytes)}"} 1\n`),
			'/refuses': `HTTP/1.1 500 ${hostileName}\r\nContent-Length: 0\r\n\r\n`,
		};
		const {port, server} = await exporter(path => pages[path] ?? page(''));
		scraped = server;
		const pool = (name: string, labels: object = {}) => ({
			job_name: name,
			metrics_path: `/${name}`,
			static_configs: [{targets: [`127.0.0.1:${port}`], labels}],
		});
		own = await startDisposablePrometheus({
			files: () => ({
				config: {
					global: {scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s'},
					rule_files: ['rules.yml'],
					scrape_configs: [pool('evil', {instance: hostileName, team: hostileName}), pool('long'), pool('refuses')],
				},
				rules: [
					{
						name: 'hostile',
						rules: [
							{
								alert: 'EvilSaid',
								expr: 'evil_total == 1',
								labels: {severity: 'warning', about: hostileName},
								annotations: {
									summary: `summary ${hostileName}`,
									runbook_url: `https://runbooks.example.test/${hostileName}`,
								},
							},
							{alert: 'LongSaid', expr: 'long_metric == 1', annotations: {summary: '{{ $labels.long }}'}},
						],
					},
				],
			}),
		});
		open = await startConsole({servers: [own.current()], columns: 160, rows: 40});
		await open.zoom(6, 'Targets');
	});
	afterAll(async () => {
		await open?.close();
		await own?.end();
		scraped?.close();
	});

	test('in a label, an annotation, an error and a page is shown without its controls', async () => {
		await open.expect(/evil +evil\S+ +up/);
		await open.expect(/refuses .*down .*500 evil/);
		await open.expect(/EvilSaid .*summary evil/);
		for (const id of ['prometheus.describe-target', 'prometheus.page', 'prometheus.rules', 'prometheus.pool']) {
			await open.select(' evil<');
			await open.openDeclared(id, 'esc back');
			await open.expect(/evil/);
			expectSanitized(open);
			await leave();
		}
		await open.select('EvilSaid');
		await open.openDeclared('prometheus.alert', 'esc back');
		await open.expect(/runbook +https:\/\/runbooks\.example\.test\/evil/);
		await leave();
		expectSanitized(open);
		await expectFramed(open);
		await expectSanitizedSnapshot(open);
	});

	test('5 MB label and annotation: they are opened, and the pane reads on', async () => {
		await open.select('long ');
		await open.openDeclared('prometheus.page', /long_metric\{long="x{40}/);
		await open.expect(/5\.0Mi of text format/);
		await leave();
		await open.expect(/LongSaid .*x{10}/);
		await open.select('LongSaid');
		await open.openDeclared('prometheus.alert', /\d % {2}esc back/);
		await open.expect(/x{40}/);
		open.press('text.last');
		await open.expect(/100 %/);
		await leave();
		await expectReadsOn();
	});
});

await describeDedicatedAlertmanager('text from outside', server => {
	let home: string | undefined;

	beforeAll(async () => {
		const labels = {alertname: 'EvilSaid', instance: hostileName, severity: 'critical'};
		await fireAlert(server, labels, {
			summary: `summary ${hostileName}`,
			runbook_url: `https://runbooks.example.test/${hostileName}`,
		});
		await fireAlert(
			server,
			{alertname: 'LongSaid', instance: 'a:1', long: 'x'.repeat(fiveMegabytes)},
			{summary: 'is long'},
		);
		await fireAlert(server, {alertname: 'LongNote', instance: 'a:1'}, {summary: 'y'.repeat(fiveMegabytes)});
		await createSilenceDirectly(
			server,
			{alertname: 'Nothing', about: hostileName},
			{by: hostileName, comment: `because ${hostileName}`},
		);
		await createSilenceDirectly(server, {alertname: 'Nothing2'}, {by: 'long', comment: 'z'.repeat(fiveMegabytes)});
		home = mkdtempSync(join(tmpdir(), 'midwatch-hostile-'));
		const file = writeTargets(home, [{name: 'alerts', kind: 'alertmanager', url: server.url, production: false}]);
		open = await startConsole({columns: 160, rows: 40, file, home});
		await open.zoom(6, 'Targets');
	});
	afterAll(async () => {
		await open?.close();
		if (home !== undefined) rmSync(home, {recursive: true, force: true});
	});

	test('in a label, an annotation, a silence and its comment is shown without its controls', async () => {
		await open.expect(/EvilSaid +inst\S+ .*summary evil/);
		await open.expect(/about="?evil\S* .*because evil/);
		await open.select('EvilSaid');
		open.press('row.open');
		await open.expect('esc back');
		await open.expect('https://runbooks.example.test/evil');
		await leave();
		await open.select('because evil');
		open.press('row.open');
		await open.expect('esc back');
		await open.expect('because evil');
		await leave();
		expectSanitized(open);
		await expectFramed(open);
		await expectSanitizedSnapshot(open);
	});

	test('5 MB label, annotation and comment: they are opened to their end, and the pane reads on', async () => {
		for (const [row, shown] of [
			['LongSaid', /x{40}/],
			['LongNote', /y{40}/],
			['Nothing2', /z{40}/],
		] as const) {
			await open.select(row);
			open.press('row.open');
			// The row behind shows its beginning as well, while the text is still being read.
			await open.expect(/\d % {2}esc back/);
			await open.expect(shown);
			open.press('text.last');
			await open.expect(/100 %/);
			await leave();
		}
		await expectReadsOn();
	});
});

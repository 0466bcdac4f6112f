import type {ServerResponse} from 'node:http';
import {afterEach, expect, test} from 'vitest';
import type {PrometheusAlertRow} from '../../../src/model/prometheus/prometheus-alert.ts';
import type {ScrapeRow} from '../../../src/model/prometheus/scrape-target.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {startDisposablePrometheus} from '../../estate/disposable-server.ts';
import {stopProcess} from '../../estate/server-process.ts';
import {actionOf, openPrometheus, settingsFor, testContext} from './prometheus-fixture.ts';
import {startReverseProxy} from './reverse-proxy.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0)) await close();
});

type Respond = (response: ServerResponse) => void;
const page = '<!doctype html><html><head><title>Front end</title></head><body>Welcome</body></html>';

/** How servers answer a path that they lack: Thanos and Mimir with 404 or 405, others with their web interface. */
const missingPathResponses: Readonly<Record<string, Respond>> = {
	'404': response => response.writeHead(404).end('404 page not found'),
	'405': response => response.writeHead(405).end(),
	'501': response => response.writeHead(501).end('not implemented'),
	'a page': response => response.writeHead(200, {'Content-Type': 'text/html'}).end(page),
};

describePrometheus('prometheus', 'a server that only serves queries', server => {
	for (const [name, respond] of Object.entries(missingPathResponses)) {
		test(`and answers other paths with ${name}: targets from up, alerts from ALERTS, each missing path requested once`, async () => {
			const proxy = await startReverseProxy(server, path => (path.startsWith('/api/v1/query') ? undefined : respond));
			closing.push(() => proxy.close());
			const direct = await openPrometheus(settingsFor(server));
			const fixture = await openPrometheus({...settingsFor(server), url: proxy.url});
			closing.push(
				() => direct.connection.close(),
				() => fixture.connection.close(),
			);
			const targets = await fixture.read<ScrapeRow>('prometheus.target');
			const expected = await direct.read<ScrapeRow>('prometheus.target');
			const healthOf = ({rows}: typeof expected) => rows.map(row => `${row.id} ${row.health}`).sort();
			expect(healthOf(targets)).toEqual(healthOf(expected));
			expect(targets.gauges.map(({id}) => id)).toEqual(['up']);
			expect(targets.rows.filter(({severity}) => severity === 'crit').map(({pool, why}) => `${pool} ${why}`)).toEqual([
				'dead down',
				'storefront down',
			]);
			expect(targets.notes.map(({text}) => text)).toEqual([
				expect.stringMatching(/does not report why a scrape failed/),
			]);
			const alerts = await fixture.read<PrometheusAlertRow>('prometheus.alert');
			const alertsOf = ({rows}: typeof alerts) =>
				rows.map(row => `${row.id} ${row.state} ${Math.round((row.activeAt ?? 0) / 1000)}`).sort();
			// The series has the start in seconds, rounded ddisposable. A failing rule keeps its alerts and writes no series.
			const evaluated = (await direct.read<PrometheusAlertRow>('prometheus.alert')).rows.filter(
				row => row.name !== 'Ambiguous',
			);
			const floored = evaluated.map(row => `${row.id} ${row.state} ${Math.floor((row.activeAt ?? 0) / 1000)}`);
			expect(alertsOf(alerts)).toEqual(floored.sort());

			const before = proxy.requestedPaths.filter(path => !path.startsWith('/api/v1/query')).length;
			await fixture.read('prometheus.target');
			await fixture.read('prometheus.alert');
			expect(proxy.requestedPaths.filter(path => !path.startsWith('/api/v1/query'))).toHaveLength(before);

			const [row] = targets.rows;
			const [alert] = alerts.rows;
			if (row === undefined || alert === undefined) throw new Error('no rows');
			expect(await fixture.inspect('prometheus.describe-target', row)).toContain('has no /api/v1/targets');
			expect(await fixture.inspect('prometheus.rules', row)).toContain('has no /api/v1/rules');
			expect(await fixture.inspect('prometheus.pool', row)).toContain('has no /api/v1/targets');
			expect(await fixture.inspect('prometheus.alert', alert)).toContain('does not serve rules');
			await expect(actionOf('prometheus.reload').preview([row], {}, fixture.actionContext())).rejects.toMatchObject({
				kind: 'unsupported',
			});
			expect((await fixture.connection.identify(testContext)).version).toBe('a server with the API of Prometheus');
		});
	}

	test('a proxy that answers with its own page for a while does not make paths count as missing', async () => {
		let broken = true;
		const badGateway: Respond = response =>
			response.writeHead(502, {'Content-Type': 'text/html'}).end('<html><title>502 Bad Gateway</title></html>');
		const proxy = await startReverseProxy(server, () => (broken ? badGateway : undefined));
		closing.push(() => proxy.close());
		const fixture = await openPrometheus({...settingsFor(server), url: proxy.url});
		closing.push(() => fixture.connection.close());
		for (const kind of ['prometheus.target', 'prometheus.alert'] as const) {
			await expect(fixture.read(kind)).rejects.toMatchObject({
				kind: 'unreachable',
				message: expect.stringMatching(/status 502 \(a page: 502 Bad Gateway\)/),
				hint: expect.stringMatching(/proxy in front of the server/),
			});
		}
		broken = false;
		expect((await fixture.read('prometheus.target')).gauges.map(({id}) => id)).toContain('config');
	});

	test('a server that hangs is a timeout, and is read again once it continues', async () => {
		const disposable = await startDisposablePrometheus();
		closing.push(() => disposable.end());
		const fixture = await openPrometheus(settingsFor(disposable.current()));
		closing.push(() => fixture.connection.close());
		expect((await fixture.read('prometheus.target')).rows).toHaveLength(1);
		process.kill(disposable.current().pid, 'SIGSTOP');
		const failure = await fixture.read('prometheus.target').catch((error: unknown) => error);
		expect(failure).toMatchObject({
			name: 'AdapterError',
			kind: 'timeout',
			message: expect.stringMatching(/did not answer within 10 s/),
		});
		process.kill(disposable.current().pid, 'SIGCONT');
		expect((await fixture.read('prometheus.target')).rows).toHaveLength(1);
		await stopProcess(disposable.current());
		await expect(fixture.read('prometheus.target')).rejects.toMatchObject({
			kind: 'unreachable',
			hint: expect.stringMatching(/Nothing listens there/),
		});
	});
});

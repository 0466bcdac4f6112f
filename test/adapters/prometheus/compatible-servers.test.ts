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

type Lack = (response: ServerResponse) => void;
const page = '<!doctype html><html><head><title>Front end</title></head><body>Welcome</body></html>';

/** How servers that only speak a part of the API say so: Thanos and Mimir by 404 or 405, others by their front end for every path. */
const lacks: Readonly<Record<string, Lack>> = {
	'404': response => response.writeHead(404).end('404 page not found'),
	'405': response => response.writeHead(405).end(),
	'501': response => response.writeHead(501).end('not implemented'),
	'a page': response => response.writeHead(200, {'Content-Type': 'text/html'}).end(page),
};

describePrometheus('prometheus', 'a server that only answers queries', server => {
	for (const [name, lack] of Object.entries(lacks)) {
		test(`which it says by ${name}: targets from up, alerts from ALERTS, each missing endpoint asked for once`, async () => {
			const front = await startReverseProxy(server, path => (path.startsWith('/api/v1/query') ? undefined : lack));
			closing.push(() => front.close());
			const whole = await openPrometheus(settingsFor(server));
			const room = await openPrometheus({...settingsFor(server), url: front.url});
			closing.push(
				() => whole.connection.close(),
				() => room.connection.close(),
			);
			const targets = await room.read<ScrapeRow>('prometheus.target');
			const known = await whole.read<ScrapeRow>('prometheus.target');
			const told = ({rows}: typeof known) => rows.map(row => `${row.id} ${row.health}`).sort();
			expect(told(targets)).toEqual(told(known));
			expect(targets.gauges.map(({id}) => id)).toEqual(['up']);
			expect(targets.rows.filter(({severity}) => severity === 'crit').map(({pool, why}) => `${pool} ${why}`)).toEqual([
				'dead down',
				'storefront down',
			]);
			expect(targets.notes.map(({text}) => text)).toEqual([expect.stringMatching(/does not tell why a scrape failed/)]);
			const alerts = await room.read<PrometheusAlertRow>('prometheus.alert');
			const alertsOf = ({rows}: typeof alerts) =>
				rows.map(row => `${row.id} ${row.state} ${Math.round((row.activeAt ?? 0) / 1000)}`).sort();
			// The series tells since when to the second, rounded down. A rule that fails keeps its alerts, and writes none.
			const evaluated = (await whole.read<PrometheusAlertRow>('prometheus.alert')).rows.filter(
				row => row.name !== 'Ambiguous',
			);
			const floored = evaluated.map(row => `${row.id} ${row.state} ${Math.floor((row.activeAt ?? 0) / 1000)}`);
			expect(alertsOf(alerts)).toEqual(floored.sort());

			const before = front.requestedPaths.filter(path => !path.startsWith('/api/v1/query')).length;
			await room.read('prometheus.target');
			await room.read('prometheus.alert');
			expect(front.requestedPaths.filter(path => !path.startsWith('/api/v1/query'))).toHaveLength(before);

			const [row] = targets.rows;
			const [alert] = alerts.rows;
			if (row === undefined || alert === undefined) throw new Error('no rows');
			expect(await room.inspect('prometheus.describe-target', row)).toContain('has no /api/v1/targets');
			expect(await room.inspect('prometheus.rules', row)).toContain('has no /api/v1/rules');
			expect(await room.inspect('prometheus.pool', row)).toContain('has no /api/v1/targets');
			expect(await room.inspect('prometheus.alert', alert)).toContain('does not tell rules');
			await expect(actionOf('prometheus.reload').preview([row], {}, room.actionContext())).rejects.toMatchObject({
				kind: 'unsupported',
			});
			expect((await room.connection.identify(testContext)).version).toBe('a server with the API of Prometheus');
		});
	}

	test('a proxy that answers with its own page for a while is no such server', async () => {
		let broken = true;
		const badGateway: Lack = response =>
			response.writeHead(502, {'Content-Type': 'text/html'}).end('<html><title>502 Bad Gateway</title></html>');
		const front = await startReverseProxy(server, () => (broken ? badGateway : undefined));
		closing.push(() => front.close());
		const room = await openPrometheus({...settingsFor(server), url: front.url});
		closing.push(() => room.connection.close());
		for (const kind of ['prometheus.target', 'prometheus.alert'] as const) {
			await expect(room.read(kind)).rejects.toMatchObject({
				kind: 'unreachable',
				message: expect.stringMatching(/status 502 \(a page: 502 Bad Gateway\)/),
				hint: expect.stringMatching(/stands before the server/),
			});
		}
		broken = false;
		expect((await room.read('prometheus.target')).gauges.map(({id}) => id)).toContain('config');
	});

	test('a server that hangs is given up in time, and read again once it goes on', async () => {
		const own = await startDisposablePrometheus();
		closing.push(() => own.end());
		const room = await openPrometheus(settingsFor(own.current()));
		closing.push(() => room.connection.close());
		expect((await room.read('prometheus.target')).rows).toHaveLength(1);
		process.kill(own.current().pid, 'SIGSTOP');
		const failure = await room.read('prometheus.target').catch((error: unknown) => error);
		expect(failure).toMatchObject({
			name: 'AdapterError',
			kind: 'timeout',
			message: expect.stringMatching(/did not answer within 10 s/),
		});
		process.kill(own.current().pid, 'SIGCONT');
		expect((await room.read('prometheus.target')).rows).toHaveLength(1);
		await stopProcess(own.current());
		await expect(room.read('prometheus.target')).rejects.toMatchObject({
			kind: 'unreachable',
			hint: expect.stringMatching(/Nothing listens there/),
		});
	});
});

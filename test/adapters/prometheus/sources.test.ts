import {afterAll, beforeAll, expect, test} from 'vitest';
import {type PrometheusAlertRow, prometheusAlertFindings} from '../../../src/model/prometheus/prometheus-alert.ts';
import type {ScrapeRow} from '../../../src/model/prometheus/scrape-target.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {getPrometheus, prometheusData} from '../../estate/prometheus.ts';
import {openPrometheus, type PrometheusFixture, settingsFor} from './prometheus-fixture.ts';

type Active = {
	readonly scrapePool: string;
	readonly scrapeUrl: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly health: string;
	readonly lastError: string;
	readonly scrapeTimeout: string;
};

/** What the server tells of its targets, asked by the test itself. */
const activeOf = async (server: PrometheusServer): Promise<readonly Active[]> =>
	((await prometheusData(server, '/api/v1/targets?state=active')) as {activeTargets: readonly Active[]}).activeTargets;

const gaugeOf = (
	gauges: readonly {readonly id: string; readonly value: number | undefined; readonly text?: string}[],
	id: string,
) => gauges.find(gauge => gauge.id === id);

describePrometheus('prometheus', 'targets and alerts', server => {
	let room: PrometheusFixture;
	beforeAll(async () => {
		room = await openPrometheus(settingsFor(server));
	});
	afterAll(() => room.connection.close());

	test('every target is there once, with the health, the address and the error that the server tells', async () => {
		const {rows, omitted, notes} = await room.read<ScrapeRow>('prometheus.target');
		const active = await activeOf(server);
		expect(omitted).toBe(0);
		expect(notes.map(({text}) => text)).toEqual([
			expect.stringMatching(/^rule broken\/Ambiguous cannot be evaluated: found duplicate/),
		]);
		const told = active.map(({labels, health}) => `${labels['job']} ${labels['instance']} ${health}`).sort();
		expect(rows.map(row => `${row.labels['job']} ${row.instance} ${row.health}`).sort()).toEqual(told);
		for (const row of rows.filter(({health}) => health === 'down')) {
			const same = active.find(
				one => one.labels['job'] === row.labels['job'] && one.labels['instance'] === row.instance,
			);
			expect(row).toMatchObject({
				pool: same?.scrapePool,
				url: same?.scrapeUrl,
				error: same?.lastError,
				timeoutMs: 1000,
			});
			expect(row).toMatchObject({severity: 'crit', why: 'connection refused'});
		}
		// What is wrong comes first.
		const worst = rows.map(({severity}) => severity);
		expect(worst.slice(0, 2)).toEqual(['crit', 'crit']);
		expect(worst.slice(2).every(severity => severity === 'ok')).toBe(true);
	});

	test('a job that is no pool is told by its pool', async () => {
		const {rows} = await room.read<ScrapeRow>('prometheus.target');
		const web = rows.filter(row => row.labels['job'] === 'storefront');
		expect(web.map(({pool, why}) => ({pool, why}))).toEqual([{pool: 'monitors/web/0', why: 'connection refused'}]);
	});

	test('what is up tells when it was scraped and how long that took, without the heavy endpoint', async () => {
		const {rows} = await room.read<ScrapeRow>('prometheus.target');
		const itself = rows.find(({pool}) => pool === 'prometheus');
		const query = `/api/v1/query?query=${encodeURIComponent('timestamp(up{job="prometheus"})')}`;
		const {result} = (await prometheusData(server, query)) as {result: readonly {value: readonly [number, string]}[]};
		const later = Number(result[0]?.value[1]) * 1000;
		expect(itself?.url).toBeUndefined();
		expect(itself?.scrapedAt).toBeLessThanOrEqual(later);
		expect(itself?.scrapedAt).toBeGreaterThan(later - 10_000);
		expect(itself?.tookMs).toBeGreaterThan(0);
	});

	test('the figures of the server are its own', async () => {
		const {gauges} = await room.read('prometheus.target');
		const active = await activeOf(server);
		expect(gaugeOf(gauges, 'up')).toMatchObject({
			value: active.filter(({health}) => health === 'up').length,
			limit: active.length,
		});
		const {headStats} = (await prometheusData(server, '/api/v1/status/tsdb')) as {headStats: {numSeries: number}};
		const series = gaugeOf(gauges, 'series')?.value ?? 0;
		// It was read a moment earlier: series come, and none goes within minutes.
		expect(series).toBeGreaterThan(headStats.numSeries / 2);
		expect(series).toBeLessThanOrEqual(headStats.numSeries);
		expect(gaugeOf(gauges, 'rules')).toMatchObject({value: 1, severity: 'warn'});
		expect(gaugeOf(gauges, 'ready')?.text).toBe('ready');
		const {lastConfigTime} = (await prometheusData(server, '/api/v1/status/runtimeinfo')) as {lastConfigTime: string};
		expect(gaugeOf(gauges, 'config')?.text).toBe(`loaded ${lastConfigTime.slice(11)}`);
	});

	test('the findings name the pool, the count and the cause, and the rule that fails', async () => {
		expect(room.findings('prometheus.target', await room.read('prometheus.target'))).toEqual([
			'warn: 1 rule of prom cannot be evaluated, and what hangs on it cannot fire',
			'crit: dead: 1 of 2 targets down: connection refused',
			'crit: monitors/web/0: 1 of 1 target down: connection refused',
		]);
	});

	test('an alert is a row and, when it fires and matters, a finding with its runbook and since', async () => {
		await expect
			.poll(
				async () =>
					(await room.read<PrometheusAlertRow>('prometheus.alert')).rows.filter(({state}) => state === 'firing').length,
			)
			.toBeGreaterThanOrEqual(3);
		const snapshot = await room.read<PrometheusAlertRow>('prometheus.alert');
		const {alerts} = (await prometheusData(server, '/api/v1/alerts')) as {
			alerts: readonly {labels: Record<string, string>; state: string; activeAt: string}[];
		};
		expect(snapshot.rows.map(({name, state}) => `${name} ${state}`).sort()).toEqual(
			alerts.map(({labels, state}) => `${labels['alertname']} ${state}`).sort(),
		);
		const down = snapshot.rows.filter(({name}) => name === 'TargetDown');
		expect(down.map(({severity}) => severity)).toEqual(['crit', 'crit']);
		expect(snapshot.rows.find(({name}) => name === 'Watchdog')?.severity).toBe('ok');
		expect(snapshot.rows.find(({name}) => name === 'SlowBurn')).toMatchObject({severity: 'ok', state: 'pending'});
		const [finding] = prometheusAlertFindings(snapshot.rows);
		const since = Math.min(
			...alerts.filter(({labels}) => labels['alertname'] === 'TargetDown').map(({activeAt}) => Date.parse(activeAt)),
		);
		expect(finding).toMatchObject({
			id: 'prom/alert/TargetDown',
			severity: 'crit',
			since,
			evidence: expect.arrayContaining(['runbook: https://runbooks.example.test/target-down']),
		});
	});

	test('a target tells its error, its pool and when it was up last; its rules tell what fires', async () => {
		const {rows} = await room.read<ScrapeRow>('prometheus.target');
		const down = rows.find(row => row.pool === 'dead' && row.health === 'down');
		const up = rows.find(row => row.pool === 'prometheus');
		if (down === undefined || up === undefined) throw new Error('rows are missing');
		const text = await room.inspect('prometheus.describe-target', down);
		expect(text).toContain('Get "http://127.0.0.1:1/metrics": dial tcp 127.0.0.1:1: connect: connection refused');
		expect(text).toMatch(/last up +not within the last hour/);
		expect(text).toMatch(/its pool +dead, 2 targets, 1 down/);
		expect(text).toMatch(/team +checkout/);
		expect(await room.inspect('prometheus.describe-target', up)).toMatch(/its page +[\d,]+ samples/);
		const rules = await room.inspect('prometheus.rules', down);
		expect(rules).toMatch(/^Rules of prom: 5\n2 with alerts about 127.0.0.1:1, 1 that cannot be evaluated/);
		expect(rules).toContain('cannot be evaluated: found duplicate series');
		expect(rules).toMatch(/firing for \d+.*: team=checkout job=dead instance=127.0.0.1:1/);
		const pool = await room.inspect('prometheus.pool', down);
		expect(pool).toMatch(/^Pool dead: 1 of 2 up, 1 down\n/);
		expect(pool).toMatch(/down +\S+ ago +\S+ +http:\/\/127.0.0.1:1\/metrics +connection refused/);
	});

	test('an alert tells its rule, its expression and its value', async () => {
		const {rows} = await room.read<PrometheusAlertRow>('prometheus.alert');
		const row = rows.find(({name, labels}) => name === 'TargetDown' && labels['job'] === 'dead');
		if (row === undefined) throw new Error('no alert');
		const text = await room.inspect('prometheus.alert', row);
		expect(text).toMatch(/expression +up == 0/);
		expect(text).toMatch(/value +0\n/);
		expect(text).toMatch(/runbook +https:\/\/runbooks.example.test\/target-down/);
	});
});

describePrometheus('prometheus-guarded', 'a log-in', server => {
	test('with it, all is read; without it, the answer says so and holds no secret', async () => {
		const inside = await openPrometheus(settingsFor(server));
		expect((await inside.read('prometheus.target')).rows).toHaveLength(1);
		expect((await inside.connection.identify({signal: new AbortController().signal, now: Date.now})).who).toBe(
			'operator',
		);
		await inside.connection.close();
		for (const auth of [
			{kind: 'none'} as const,
			{kind: 'basic', username: 'operator', password: {source: 'test', reveal: async () => 'wrong-password'}} as const,
			{kind: 'bearer', token: {source: 'test', reveal: async () => 'wrong-token'}} as const,
		]) {
			const outside = await openPrometheus({...settingsFor(server), auth});
			const failure = await outside.read('prometheus.target').catch((error: unknown) => error);
			expect(failure).toMatchObject({name: 'AdapterError', kind: 'denied', hint: expect.stringMatching(/log-in/)});
			expect(JSON.stringify([failure, String(failure)])).not.toMatch(/wrong-|d3Jvbmct/);
			await outside.connection.close();
		}
	});

	test('tells that it may not be reloaded, and the line that changes that', async () => {
		const room = await openPrometheus(settingsFor(server));
		const permissions = await room.connection.permissions({signal: new AbortController().signal, now: Date.now});
		expect(permissions.at(-1)).toEqual({
			needs: 'prometheus.reload',
			name: '--web.enable-lifecycle',
			state: 'lack',
			grant: 'start Prometheus with --web.enable-lifecycle',
		});
		await room.connection.close();
	});
});

describePrometheus('prometheus-tls', 'TLS', server => {
	test('is spoken to a server whose authority is named, and to no other', async () => {
		const room = await openPrometheus(settingsFor(server));
		expect((await room.read('prometheus.target')).rows).toHaveLength(1);
		await room.connection.close();
		const doubtful = await openPrometheus({...settingsFor(server), tls: {}});
		await expect(doubtful.read('prometheus.target')).rejects.toMatchObject({
			kind: 'unreachable',
			hint: expect.stringMatching(/`tls\.ca`/),
		});
		await doubtful.connection.close();
		const plain = await openPrometheus({...settingsFor(server), url: `http://127.0.0.1:${server.port}`});
		await expect(plain.read('prometheus.target')).rejects.toMatchObject({name: 'AdapterError'});
		await plain.connection.close();
	});
});

describePrometheus('prometheus-tls-expired', 'an expired certificate', server => {
	test('is not accepted, and called so', async () => {
		const room = await openPrometheus(settingsFor(server));
		await expect(room.read('prometheus.target')).rejects.toMatchObject({
			kind: 'unreachable',
			hint: expect.stringMatching(/certificate has expired: renew it on the server/),
		});
		await room.connection.close();
	});
});

describePrometheus('victoria-metrics', 'a server that only speaks the API', server => {
	test('tells its targets and their errors; what it lacks is left out, and asked for once', async () => {
		const room = await openPrometheus(settingsFor(server));
		const {rows, gauges} = await room.read<ScrapeRow>('prometheus.target');
		expect(rows.map(({pool, health, why}) => ({pool, health, why}))).toEqual([
			{pool: 'dead', health: 'down', why: 'connection refused'},
			{pool: 'victoria', health: 'up', why: undefined},
		]);
		expect(gauges.map(({id}) => id)).not.toContain('config');
		expect((await room.read('prometheus.alert')).rows).toEqual([]);
		const refusals = async () => {
			const {body} = await getPrometheus(server, '/metrics');
			return [...body.matchAll(/^vm_http_request_errors_total\{path="([^"]*)"[^}]*\} (\d+)/gm)].reduce(
				(sum, [, , count]) => sum + Number(count),
				0,
			);
		};
		const before = await refusals();
		await room.read('prometheus.target');
		await room.read('prometheus.target');
		expect(await refusals()).toBe(before);
		const {version} = await room.connection.identify({signal: new AbortController().signal, now: Date.now});
		expect(version).toBe('a server with the API of Prometheus');
		await room.connection.close();
	});
});

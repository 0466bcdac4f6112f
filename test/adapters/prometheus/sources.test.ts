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

/** The active targets by the API of the server. */
const activeOf = async (server: PrometheusServer): Promise<readonly Active[]> =>
	((await prometheusData(server, '/api/v1/targets?state=active')) as {activeTargets: readonly Active[]}).activeTargets;

const gaugeOf = (
	gauges: readonly {readonly id: string; readonly value: number | undefined; readonly text?: string}[],
	id: string,
) => gauges.find(gauge => gauge.id === id);

describePrometheus('prometheus', 'targets and alerts', server => {
	let fixture: PrometheusFixture;
	beforeAll(async () => {
		fixture = await openPrometheus(settingsFor(server));
	});
	afterAll(() => fixture.connection.close());

	test('every target has one row, with the health, URL and error of the server', async () => {
		const {rows, omitted, notes} = await fixture.read<ScrapeRow>('prometheus.target');
		const active = await activeOf(server);
		expect(omitted).toBe(0);
		expect(notes.map(({text}) => text)).toEqual([
			expect.stringMatching(/^rule broken\/Ambiguous cannot be evaluated: found duplicate/),
		]);
		const expected = active.map(({labels, health}) => `${labels['job']} ${labels['instance']} ${health}`).sort();
		expect(rows.map(row => `${row.labels['job']} ${row.instance} ${row.health}`).sort()).toEqual(expected);
		for (const row of rows.filter(({health}) => health === 'down')) {
			const same = active.find(
				target => target.labels['job'] === row.labels['job'] && target.labels['instance'] === row.instance,
			);
			expect(row).toMatchObject({
				pool: same?.scrapePool,
				url: same?.scrapeUrl,
				error: same?.lastError,
				timeoutMs: 1000,
			});
			expect(row).toMatchObject({severity: 'crit', why: 'connection refused'});
		}
		// Rows that are not ok come first.
		const worst = rows.map(({severity}) => severity);
		expect(worst.slice(0, 2)).toEqual(['crit', 'crit']);
		expect(worst.slice(2).every(severity => severity === 'ok')).toBe(true);
	});

	test('a job whose name is not a pool is found in its pool', async () => {
		const {rows} = await fixture.read<ScrapeRow>('prometheus.target');
		const web = rows.filter(row => row.labels['job'] === 'storefront');
		expect(web.map(({pool, why}) => ({pool, why}))).toEqual([{pool: 'monitors/web/0', why: 'connection refused'}]);
	});

	test('a target that is up has the time and duration of its scrape, without the expensive path', async () => {
		const {rows} = await fixture.read<ScrapeRow>('prometheus.target');
		const itself = rows.find(({pool}) => pool === 'prometheus');
		const query = `/api/v1/query?query=${encodeURIComponent('timestamp(up{job="prometheus"})')}`;
		const {result} = (await prometheusData(server, query)) as {result: readonly {value: readonly [number, string]}[]};
		const later = Number(result[0]?.value[1]) * 1000;
		expect(itself?.url).toBeUndefined();
		expect(itself?.scrapedAt).toBeLessThanOrEqual(later);
		expect(itself?.scrapedAt).toBeGreaterThan(later - 10_000);
		expect(itself?.tookMs).toBeGreaterThan(0);
	});

	test('the gauges are those of the server', async () => {
		const {gauges} = await fixture.read('prometheus.target');
		const active = await activeOf(server);
		expect(gaugeOf(gauges, 'up')).toMatchObject({
			value: active.filter(({health}) => health === 'up').length,
			limit: active.length,
		});
		const {headStats} = (await prometheusData(server, '/api/v1/status/tsdb')) as {headStats: {numSeries: number}};
		const series = gaugeOf(gauges, 'series')?.value ?? 0;
		// It was read a moment earlier: series are added, and none is removed within minutes.
		expect(series).toBeGreaterThan(headStats.numSeries / 2);
		expect(series).toBeLessThanOrEqual(headStats.numSeries);
		expect(gaugeOf(gauges, 'rules')).toMatchObject({value: 1, severity: 'warn'});
		expect(gaugeOf(gauges, 'ready')?.text).toBe('ready');
		const {lastConfigTime} = (await prometheusData(server, '/api/v1/status/runtimeinfo')) as {lastConfigTime: string};
		expect(gaugeOf(gauges, 'config')?.text).toBe(`loaded ${lastConfigTime.slice(11)}`);
	});

	test('the findings name the pool, the number, the cause and the failing rule', async () => {
		expect(fixture.findings('prometheus.target', await fixture.read('prometheus.target'))).toEqual([
			'warn: 1 rule of prom cannot be evaluated: alerts that depend on it cannot fire',
			'crit: dead: 1 of 2 targets down: connection refused',
			'crit: monitors/web/0: 1 of 1 target down: connection refused',
		]);
	});

	test('an alert is a row and, when it fires with a severity, a finding with its runbook and start', async () => {
		await expect
			.poll(
				async () =>
					(await fixture.read<PrometheusAlertRow>('prometheus.alert')).rows.filter(({state}) => state === 'firing')
						.length,
			)
			.toBeGreaterThanOrEqual(3);
		const snapshot = await fixture.read<PrometheusAlertRow>('prometheus.alert');
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

	test('a target shows its error, its pool and when it was last up; its rules show what fires', async () => {
		const {rows} = await fixture.read<ScrapeRow>('prometheus.target');
		const down = rows.find(row => row.pool === 'dead' && row.health === 'down');
		const up = rows.find(row => row.pool === 'prometheus');
		if (down === undefined || up === undefined) throw new Error('rows are missing');
		const text = await fixture.inspect('prometheus.describe-target', down);
		expect(text).toContain('Get "http://127.0.0.1:1/metrics": dial tcp 127.0.0.1:1: connect: connection refused');
		expect(text).toMatch(/last up +not within the last hour/);
		expect(text).toMatch(/its pool +dead, 2 targets, 1 down/);
		expect(text).toMatch(/team +checkout/);
		expect(await fixture.inspect('prometheus.describe-target', up)).toMatch(/its page +[\d,]+ samples/);
		const rules = await fixture.inspect('prometheus.rules', down);
		expect(rules).toMatch(/^Rules of prom: 5\n2 with alerts about 127.0.0.1:1, 1 that cannot be evaluated/);
		expect(rules).toContain('cannot be evaluated: found duplicate series');
		expect(rules).toMatch(/firing for \d+.*: team=checkout job=dead instance=127.0.0.1:1/);
		const pool = await fixture.inspect('prometheus.pool', down);
		expect(pool).toMatch(/^Pool dead: 1 of 2 up, 1 down\n/);
		expect(pool).toMatch(/down +\S+ ago +\S+ +http:\/\/127.0.0.1:1\/metrics +connection refused/);
	});

	test('an alert shows its rule, expression and value', async () => {
		const {rows} = await fixture.read<PrometheusAlertRow>('prometheus.alert');
		const row = rows.find(({name, labels}) => name === 'TargetDown' && labels['job'] === 'dead');
		if (row === undefined) throw new Error('no alert');
		const text = await fixture.inspect('prometheus.alert', row);
		expect(text).toMatch(/expression +up == 0/);
		expect(text).toMatch(/value +0\n/);
		expect(text).toMatch(/runbook +https:\/\/runbooks.example.test\/target-down/);
	});
});

describePrometheus('prometheus-guarded', 'a login', server => {
	test('with it, everything is read; without it, the error says so and holds no secret', async () => {
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
			expect(failure).toMatchObject({name: 'AdapterError', kind: 'denied', hint: expect.stringMatching(/login/)});
			expect(JSON.stringify([failure, String(failure)])).not.toMatch(/wrong-|d3Jvbmct/);
			await outside.connection.close();
		}
	});

	test('reports that it cannot be reloaded, and how to allow it', async () => {
		const fixture = await openPrometheus(settingsFor(server));
		const permissions = await fixture.connection.permissions({signal: new AbortController().signal, now: Date.now});
		expect(permissions.at(-1)).toEqual({
			needs: 'prometheus.reload',
			name: '--web.enable-lifecycle',
			state: 'lack',
			grant: 'start Prometheus with --web.enable-lifecycle',
		});
		await fixture.connection.close();
	});
});

describePrometheus('prometheus-tls', 'TLS', server => {
	test('works with a server of a trusted authority only', async () => {
		const fixture = await openPrometheus(settingsFor(server));
		expect((await fixture.read('prometheus.target')).rows).toHaveLength(1);
		await fixture.connection.close();
		const untrusted = await openPrometheus({...settingsFor(server), tls: {}});
		await expect(untrusted.read('prometheus.target')).rejects.toMatchObject({
			kind: 'unreachable',
			hint: expect.stringMatching(/`tls\.ca`/),
		});
		await untrusted.connection.close();
		const plain = await openPrometheus({...settingsFor(server), url: `http://127.0.0.1:${server.port}`});
		await expect(plain.read('prometheus.target')).rejects.toMatchObject({name: 'AdapterError'});
		await plain.connection.close();
	});
});

describePrometheus('prometheus-tls-expired', 'an expired certificate', server => {
	test('is refused, and the hint says why', async () => {
		const fixture = await openPrometheus(settingsFor(server));
		await expect(fixture.read('prometheus.target')).rejects.toMatchObject({
			kind: 'unreachable',
			hint: expect.stringMatching(/certificate has expired: renew it on the server/),
		});
		await fixture.connection.close();
	});
});

describePrometheus('victoria-metrics', 'a server with only a part of the API', server => {
	test('shows targets and errors; paths that it lacks are requested once and left out', async () => {
		const fixture = await openPrometheus(settingsFor(server));
		const {rows, gauges} = await fixture.read<ScrapeRow>('prometheus.target');
		expect(rows.map(({pool, health, why}) => ({pool, health, why}))).toEqual([
			{pool: 'dead', health: 'down', why: 'connection refused'},
			{pool: 'victoria', health: 'up', why: undefined},
		]);
		expect(gauges.map(({id}) => id)).not.toContain('config');
		expect((await fixture.read('prometheus.alert')).rows).toEqual([]);
		const refusals = async () => {
			const {body} = await getPrometheus(server, '/metrics');
			return [...body.matchAll(/^vm_http_request_errors_total\{path="([^"]*)"[^}]*\} (\d+)/gm)].reduce(
				(sum, [, , count]) => sum + Number(count),
				0,
			);
		};
		const before = await refusals();
		await fixture.read('prometheus.target');
		await fixture.read('prometheus.target');
		expect(await refusals()).toBe(before);
		const {version} = await fixture.connection.identify({signal: new AbortController().signal, now: Date.now});
		expect(version).toBe('a server with the API of Prometheus');
		await fixture.connection.close();
	});
});

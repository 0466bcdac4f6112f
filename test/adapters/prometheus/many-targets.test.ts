import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import type {ScrapeRow} from '../../../src/model/prometheus/scrape-target.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {getPrometheus} from '../../estate/prometheus.ts';
import {type LargePrometheus, startLargePrometheus} from './large-prometheus.ts';
import {openPrometheus, settingsFor} from './prometheus-fixture.ts';

/** Bytes. Parsing more JSON at once would block the event loop visibly. */
const maxParsedBytes = 2 * 1024 * 1024;

describePrometheus('prometheus', 'ten thousand targets', () => {
	let fleet: LargePrometheus;
	beforeAll(async () => {
		fleet = await startLargePrometheus(10_000, 40);
	});
	afterAll(() => fleet?.end());

	test('every target that is down has a row, the others are counted, and no large JSON is parsed at once', async () => {
		const {body} = await getPrometheus(fleet.server, '/api/v1/targets?state=active&scrapePool=fleet');
		expect(body.length).toBeGreaterThan(4 * maxParsedBytes);
		const fixture = await openPrometheus(settingsFor(fleet.server));
		const parse = vi.spyOn(JSON, 'parse');
		const yields = vi.spyOn(globalThis, 'setImmediate');
		const {rows, omitted, gauges} = await fixture.read<ScrapeRow>('prometheus.target');
		const sizes = parse.mock.calls.map(([text]) => text.length);
		expect(sizes.length).toBeGreaterThan(0);
		expect(Math.max(...sizes)).toBeLessThan(maxParsedBytes);
		// Ten thousand rows are created in slices, with a yield after each.
		expect(yields.mock.calls.length).toBeGreaterThan(20);

		expect(gauges.find(({id}) => id === 'up')).toMatchObject({
			value: fleet.size + 1 - fleet.down,
			limit: fleet.size + 1,
		});
		expect(rows.length).toBeLessThanOrEqual(1000);
		expect(rows.length + omitted).toBe(fleet.size + 1);
		const down = rows.slice(0, fleet.down);
		expect(
			down.every(({severity, why, url}) => severity === 'crit' && why === 'connection refused' && url !== undefined),
		).toBe(true);
		expect(rows.slice(fleet.down).every(({severity}) => severity === 'ok')).toBe(true);
		expect([...new Set(rows.map(({pool}) => pool))].sort()).toEqual(['fleet', 'prometheus', 'small']);
		expect(fixture.findings('prometheus.target', {rows, omitted, gauges, notes: []})).toEqual([
			'crit: fleet: 40 of 9,000 targets down: connection refused',
		]);
		await fixture.connection.close();
	});

	test('a large pool is not read at every poll', async () => {
		const fixture = await openPrometheus(settingsFor(fleet.server));
		const countRequests = async () => {
			const {body} = await getPrometheus(fleet.server, '/metrics');
			return Number(
				/^prometheus_http_requests_total\{code="200",handler="\/api\/v1\/targets"\} (\d+)/m.exec(body)?.[1] ?? 0,
			);
		};
		const before = await countRequests();
		for (let turn = 0; turn < 3; turn++) await fixture.read('prometheus.target');
		expect(await countRequests()).toBe(before + 1);
		await fixture.connection.close();
	});

	test('an abort ends the read of a large response', async () => {
		const fixture = await openPrometheus(settingsFor(fleet.server));
		const abort = new AbortController();
		const reading = fixture.port.targets('fleet', {signal: abort.signal, now: Date.now});
		// The server takes longer to write everything.
		setTimeout(() => abort.abort(), 50);
		await expect(reading).rejects.toMatchObject({name: 'AdapterError', kind: 'timeout'});
		await fixture.connection.close();
	});

	test('the opened pool shows all its targets', async () => {
		const fixture = await openPrometheus(settingsFor(fleet.server));
		const {rows} = await fixture.read<ScrapeRow>('prometheus.target');
		const [row] = rows;
		if (row === undefined) throw new Error('no row');
		const text = await fixture.inspect('prometheus.pool', row);
		expect(text).toMatch(/^Pool fleet: 8,960 of 9,000 up, 40 down\n/);
		expect(text).toMatch(/… 7,000 more$/);
		await fixture.connection.close();
	});
});

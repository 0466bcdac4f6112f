import {afterAll, beforeAll, expect, test} from 'vitest';
import type {PrometheusAlertRow} from '../../../src/model/prometheus/prometheus-alert.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {
	openInspection,
	openPrometheus,
	type PrometheusFixture,
	settingsFor,
	testContext,
} from './prometheus-fixture.ts';

describePrometheus('prometheus', 'alert graphs', server => {
	let fixture: PrometheusFixture;

	beforeAll(async () => {
		fixture = await openPrometheus(settingsFor(server));
	});

	afterAll(() => fixture.connection.close());

	test('an alert is drawn as the left side of its comparison, with the limit', async () => {
		await expect.poll(async () => (await fixture.read('prometheus.alert')).rows.length).toBeGreaterThan(0);
		const rules = (await fixture.port.rules(testContext)) ?? [];
		const {rows} = await fixture.read<PrometheusAlertRow>('prometheus.alert');
		const row = rows.find(({name}) => rules.some(rule => rule.name === name && /==\s*0\s*$/.test(rule.expression)));
		if (row === undefined) throw new Error('no alert of a rule that compares with 0');
		const {graph, title} = await openInspection(fixture, 'prometheus.alert-graph', row);
		expect(title).toContain(row.name);
		const [measure, limit] = graph?.series ?? [];
		expect(limit).toMatchObject({label: 'the limit of the rule'});
		expect(limit?.points.map(([, value]) => value)).toEqual([0, 0]);
		expect(measure?.points.findLast(([, value]) => value !== undefined)?.[1]).toBe(0);
	});
});

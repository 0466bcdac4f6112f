import {afterAll, beforeAll, expect} from 'vitest';
import {prometheus} from '../../../adapters/prometheus/system.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {PrometheusPort} from '../../../src/port/prometheus.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {type Throwaway, throwawayPrometheus} from '../../estate/disposable-server.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {type BindingCases, bindings, type ShownPlan} from '../plan-bindings.ts';
import {
	openRoom,
	readConfig,
	reloadByHand,
	runtimeOf,
	settingsFor,
	writeConfig,
	writesOf,
} from './prometheus-fixture.ts';

describePrometheus('prometheus', 'what a plan is bound to', () => {
	let own: Throwaway<PrometheusServer>;
	let original: string;
	beforeAll(async () => {
		own = await throwawayPrometheus();
		original = readConfig(own.current());
	});
	afterAll(() => own.end());

	const shown = (change: () => Promise<unknown>) => async (action: Action<Row, PrometheusPort>) => {
		const room = await openRoom(settingsFor(own.current()));
		// What is loaded within the same second cannot be distinguished from what was there.
		const age = async () => Date.now() - Date.parse((await runtimeOf(own.current())).lastConfigTime);
		await expect.poll(age, {timeout: 5000}).toBeGreaterThan(1000);
		const {plan} = await action.preview([], {}, room.acting());
		let before = 0;
		return {
			plan: () => plan,
			about: room.acting(),
			async change() {
				await change();
				before = await writesOf(own.current());
			},
			happened: async () => (await writesOf(own.current())) !== before,
			async end() {
				await room.connection.close();
				writeConfig(own.current(), original);
				await reloadByHand(own.current());
			},
		} satisfies ShownPlan<PrometheusPort>;
	};

	const restarted = shown(() => own.restart());
	const cases: BindingCases<PrometheusPort> = {
		'prometheus.reload': {
			'the configuration file': restarted,
			'when the server was started': restarted,
			'when the configuration was loaded': shown(() => reloadByHand(own.current())),
			'whether the last reload failed': shown(async () => {
				writeConfig(own.current(), `${original}\nscrape_confgis: []\n`);
				await reloadByHand(own.current());
			}),
			'whether it may be reloaded by the API': restarted,
		},
	};
	bindings(prometheus.actions as unknown as readonly Action<Row, PrometheusPort>[], cases);
});

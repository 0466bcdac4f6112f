import {afterAll, beforeAll, expect} from 'vitest';
import {prometheusSystem} from '../../../adapters/prometheus/system.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {PrometheusPort} from '../../../src/port/prometheus.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {type DisposableServer, startDisposablePrometheus} from '../../estate/disposable-server.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {type BindingCases, planBindingTests, type ShownPlan} from '../plan-bindings.ts';
import {
	countWrites,
	openPrometheus,
	readConfigFile,
	reloadDirectly,
	runtimeOf,
	settingsFor,
	writeConfigFile,
} from './prometheus-fixture.ts';

describePrometheus('prometheus', 'what a plan is bound to', () => {
	let own: DisposableServer<PrometheusServer>;
	let original: string;
	beforeAll(async () => {
		own = await startDisposablePrometheus();
		original = readConfigFile(own.current());
	});
	afterAll(() => own.end());

	const shown = (change: () => Promise<unknown>) => async (action: Action<Row, PrometheusPort>) => {
		const room = await openPrometheus(settingsFor(own.current()));
		// What is loaded within the same second cannot be distinguished from what was there.
		const age = async () => Date.now() - Date.parse((await runtimeOf(own.current())).lastConfigTime);
		await expect.poll(age).toBeGreaterThan(1000);
		const {plan} = await action.preview([], {}, room.actionContext());
		let before = 0;
		return {
			plan: () => plan,
			context: room.actionContext(),
			async change() {
				await change();
				before = await countWrites(own.current());
			},
			wasApplied: async () => (await countWrites(own.current())) !== before,
			async cleanUp() {
				await room.connection.close();
				writeConfigFile(own.current(), original);
				await reloadDirectly(own.current());
			},
		} satisfies ShownPlan<PrometheusPort>;
	};

	const restarted = shown(() => own.restart());
	const cases: BindingCases<PrometheusPort> = {
		'prometheus.reload': {
			'the configuration file': restarted,
			'when the server was started': restarted,
			'when the configuration was loaded': shown(() => reloadDirectly(own.current())),
			'whether the last reload failed': shown(async () => {
				writeConfigFile(own.current(), `${original}\nscrape_confgis: []\n`);
				await reloadDirectly(own.current());
			}),
			'whether it may be reloaded by the API': restarted,
		},
	};
	planBindingTests(prometheusSystem.actions as unknown as readonly Action<Row, PrometheusPort>[], cases);
});

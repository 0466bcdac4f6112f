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

describePrometheus('prometheus', 'the bindings of a plan', () => {
	let disposable: DisposableServer<PrometheusServer>;
	let original: string;
	beforeAll(async () => {
		disposable = await startDisposablePrometheus();
		original = readConfigFile(disposable.current());
	});
	afterAll(() => disposable.end());

	const shown = (change: () => Promise<unknown>) => async (action: Action<Row, PrometheusPort>) => {
		const fixture = await openPrometheus(settingsFor(disposable.current()));
		// The times of the server are in seconds: a later load must have another one.
		const age = async () => Date.now() - Date.parse((await runtimeOf(disposable.current())).lastConfigTime);
		await expect.poll(age).toBeGreaterThan(1000);
		const {plan} = await action.preview([], {}, fixture.actionContext());
		let before = 0;
		return {
			plan: () => plan,
			context: fixture.actionContext(),
			async change() {
				await change();
				before = await countWrites(disposable.current());
			},
			wasApplied: async () => (await countWrites(disposable.current())) !== before,
			async cleanUp() {
				await fixture.connection.close();
				writeConfigFile(disposable.current(), original);
				await reloadDirectly(disposable.current());
			},
		} satisfies ShownPlan<PrometheusPort>;
	};

	const restarted = shown(() => disposable.restart());
	const cases: BindingCases<PrometheusPort> = {
		'prometheus.reload': {
			'the configuration file': restarted,
			'when the server was started': restarted,
			'when the configuration was loaded': shown(() => reloadDirectly(disposable.current())),
			'whether the last reload failed': shown(async () => {
				writeConfigFile(disposable.current(), `${original}\nscrape_confgis: []\n`);
				await reloadDirectly(disposable.current());
			}),
			'whether it may be reloaded by the API': restarted,
		},
	};
	planBindingTests(prometheusSystem.actions as unknown as readonly Action<Row, PrometheusPort>[], cases);
});

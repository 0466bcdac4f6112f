import {expect, test} from 'vitest';
import {kubernetesSystem} from '../../adapters/kubernetes/system.ts';
import {demoEstate} from '../../demo/estate.ts';
import type {ScenarioName} from '../../demo/scenario.ts';
import type {Action} from '../../src/contract/action.ts';
import type {RowKind} from '../../src/contract/row.ts';
import {mergeFindings} from '../../src/findings/merge-findings.ts';
import type {PodRow} from '../../src/model/kubernetes/pod.ts';
import type {PodUsageRow} from '../../src/model/kubernetes/pod-usage.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import type {PrometheusPort} from '../../src/port/prometheus.ts';
import {createWatch} from '../../src/watch/watch.ts';
import {fakeSaveFile} from '../adapters/conformance-subject.ts';
import {createFakeClock} from '../fake-clock.ts';
import {advanceDemo} from './advance-demo.ts';

const minute = 60_000;

/** The cluster and the Prometheus of the demo, watched as the console does it. */
async function open(name: ScenarioName) {
	const clock = createFakeClock();
	const targets = demoEstate(name, {now: clock.now, seed: 1, clock}).filter(({target}) =>
		['kubernetes', 'prometheus'].includes(target.kind),
	);
	const watch = createWatch({targets, clock, readOnly: false, random: () => 0.5});
	const kinds = targets.flatMap(({system}) => system.sources.map(source => source.kind));
	watch.setVisible(new Set<RowKind>(kinds));
	watch.start();
	await advanceDemo(watch, clock, 30);
	const rows = <R>(kind: RowKind) => (watch.reading('prod-eu', kind).get().snapshot?.rows ?? []) as readonly R[];
	const context = () => ({signal: AbortSignal.timeout(120_000), now: clock.now});
	return {
		clock,
		watch,
		usage: () => rows<PodUsageRow>('kubernetes.pod-usage'),
		pods: () => rows<PodRow>('kubernetes.pod'),
		throttling: () =>
			mergeFindings(watch.readings()).flatMap(({sentence}) => (/throttled/.test(sentence) ? [sentence] : [])),
		context,
		async samples(expression: string) {
			const {port} = await watch.connection('prom-main');
			return (await (port as PrometheusPort).query(expression, context())).samples;
		},
	};
}

const owned = (rows: readonly PodUsageRow[], owner: string) => rows.filter(row => row.owner === owner);

test('a healthy cluster shows how much its limits throttle pods, and no finding', async () => {
	const {watch, usage, throttling} = await open('calm');
	const shares = usage().flatMap(({throttled}) => throttled ?? []);
	expect(shares.length).toBeGreaterThan(10);
	expect(shares.every(share => share >= 0 && share < 0.5)).toBe(true);
	expect(throttling()).toEqual([]);
	expect(usage().some(row => row.owner === 'api' && row.throttled !== undefined)).toBe(false);
	await watch.close();
});

test('Top shows the usage that the kubelets count, and their counters grow', async () => {
	const {watch, usage, samples, clock} = await open('calm');
	const [row] = owned(usage(), 'transcode');
	if (row === undefined) throw new Error('nothing was measured');
	const pod = `pod="${row.name}"`;
	const grown = async (name: string) => (await samples(`increase(${name}{${pod}}[5m])`))[0]?.value ?? 0;
	const [held, all] = [
		await grown('container_cpu_cfs_throttled_periods_total'),
		await grown('container_cpu_cfs_periods_total'),
	];
	expect(all).toBe(3000);
	expect(held / all).toBeCloseTo(row.throttled ?? -1, 2);
	const seconds = async () => (await samples(`container_cpu_usage_seconds_total{${pod}}`))[0];
	const before = await seconds();
	expect(before?.labels).toMatchObject({job: 'cadvisor', namespace: 'media', container: 'transcode'});
	await advanceDemo(watch, clock, 60);
	expect((await seconds())?.value).toBeGreaterThan(before?.value ?? Number.POSITIVE_INFINITY);
	await watch.close();
});

test('a limit that is too low is a finding, which ends when the rollout is undone', async () => {
	const {watch, usage, pods, throttling, context, clock} = await open('default');
	expect(throttling()).toEqual([
		expect.stringMatching(/^payments\/reconciler: 3 pods are throttled \d\d ?% of the time/),
	]);
	expect(owned(usage(), 'reconciler').every(({throttled = 0}) => throttled >= 0.5)).toBe(true);
	const row = pods().find(({namespace, owner}) => namespace === 'payments' && owner === 'reconciler');
	const undo = kubernetesSystem.actions.find(({id}) => id === 'kubernetes.undo-rollout') as Action<
		PodRow,
		KubernetesPort
	>;
	if (row === undefined) throw new Error('it has no pods');
	const {port, target} = await watch.connection('prod-eu');
	const acting = {...context(), port: port as KubernetesPort, target, record: 'heal-1', saveFile: fakeSaveFile};
	const {plan} = await undo.preview([row], {}, acting);
	await undo.run(plan, acting);
	await advanceDemo(watch, clock, 7 * 60);
	expect(throttling()).toEqual([]);
	expect(owned(usage(), 'reconciler').map(({throttled = 1}) => throttled < 0.5)).toEqual(Array(3).fill(true));
	await watch.close();
});

test('a container that was OOM-killed once runs and still shows it', async () => {
	const {watch, usage, pods, clock} = await open('default');
	const killed = usage().filter(
		({oomKilledAt}) => oomKilledAt !== undefined && oomKilledAt < clock.now() - 30 * minute,
	);
	expect(killed.map(({namespace, owner, severity}) => ({namespace, owner, severity}))).toEqual([
		{namespace: 'reporting', owner: 'builder', severity: 'ok'},
	]);
	expect(pods().find(({name}) => name === killed[0]?.name)).toMatchObject({restarts: 1, severity: 'ok'});
	await watch.close();
});

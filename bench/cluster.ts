/*
 * `node bench/cluster.ts [seconds]`: 10,000 pods behind 100 ms of round trip, 100 changes a second for two minutes. Prints the time
 * to the first critical row, event loop delays, requests to the server, CPU and memory, and whether the screen equals the cluster at the
 * end. The server is a process of its own with a lower priority than the console: elsewhere it would be on another machine.
 */
import {setTimeout as wait} from 'node:timers/promises';
import {kubernetesSystem} from '../adapters/kubernetes/system.ts';
import {limitYoungGeneration} from '../bin/small-heap.ts';
import {startChurn} from '../demo/kubernetes-api/controllers/churn.ts';
import type {Pod} from '../demo/kubernetes-api/objects/kinds.ts';
import {startKubernetesApi} from '../demo/kubernetes-api/server.ts';
import {createScenario} from '../demo/scenario.ts';
import type {KubernetesPort} from '../src/port/kubernetes.ts';
import {paneSession} from '../src/session/session.ts';
import {systemClock} from '../src/time/clock.ts';
import {startFaultProxy} from '../test/faults/fault-proxy.ts';
import {podsPane} from '../views/panes/pods-pane.ts';
import {paintPane} from '../views/table/paint-pane.ts';
import {createPaneMemory} from '../views/table/pane-memory.ts';
import {createTheme} from '../views/theme.ts';
import {openBenchDeck} from './bench-deck.ts';
import {forkCluster} from './forked-cluster.ts';
import {watchLoop} from './loop.ts';

const pods = 10_000;
const changesPerSecond = 100;
const roundTripMs = 100;
const paintEveryMs = 100;

/** The server process: the cluster, its changes, and the requests it received. */
async function serve(): Promise<void> {
	const scenario = createScenario('calm', {now: Date.now});
	const api = await startKubernetesApi({pods, scenario});
	const {store} = api.simulation.cluster;
	const [failing] = store.list<Pod>('pods');
	const [main] = failing?.spec.containers ?? [];
	if (failing === undefined || main === undefined) throw new Error('there are no pods');
	// All pods of one image die whenever they start: the churn starts some of them again.
	api.simulation.programs.set(main.image, {exit: {afterMs: 200, exitCode: 1, says: 'no space left on device'}});
	const churn = startChurn(api.simulation.cluster, scenario, changesPerSecond);
	const isCrashing = (pod: Pod) =>
		pod.status.containerStatuses?.some(({state}) => state.waiting?.reason === 'CrashLoopBackOff') === true;
	while (!store.list<Pod>('pods').some(isCrashing)) await wait(200);
	const requests: Record<string, number> = {};
	api.faults.onRequest(({verb, resource}) => {
		if (verb !== 'list' && verb !== 'watch') return;
		requests[`${verb} ${resource}`] = (requests[`${verb} ${resource}`] ?? 0) + 1;
	});
	const proxy = await startFaultProxy({host: '127.0.0.1', port: Number(new URL(api.url).port)});
	await proxy.set({latencyMs: roundTripMs / 2});
	process.on('message', () => {
		churn.stop();
		setTimeout(() => {
			const truth = store.list<Pod>('pods').map(({metadata}) => [metadata.uid, metadata.resourceVersion]);
			process.send?.({truth, requests, changes: churn.changes});
		}, 3000);
	});
	process.on('disconnect', () => process.exit(0));
	process.send?.({kubeconfig: api.kubeconfig.replace(api.url, `https://127.0.0.1:${proxy.port}`)});
}

type ServerReport = {
	readonly truth: readonly (readonly [string, string])[];
	readonly requests: Readonly<Record<string, number>>;
	readonly changes: number;
};

async function measure(seconds: number): Promise<void> {
	limitYoungGeneration();
	const cluster = await forkCluster(import.meta.url, {
		production: true,
		stdio: 'inherit',
		execPath: 'nice',
		execArgv: ['-n', '10', process.execPath],
	});
	const {deck, watch} = openBenchDeck({
		targets: [{target: cluster.target, system: kubernetesSystem}],
		panes: [podsPane],
		clock: systemClock,
		stateDir: cluster.folder,
	});
	const theme = createTheme('colour', false);
	const memory = createPaneMemory();
	const paint = () => {
		const view = deck.view('pods');
		const own = paneSession(deck.session.get(), 'pods');
		const now = deck.now();
		paintPane({view, session: own, number: 1, focused: true, width: 200, height: 46, now, theme}, memory);
	};
	// As in a console, the first frame is drawn before anything was read.
	deck.setShownPanes(['pods']);
	paint();
	await wait(500);
	const cpu = process.cpuUsage();
	const began = performance.now();
	const starting = watchLoop();
	const painting = setInterval(paint, paintEveryMs);
	watch.start();
	const isRed = () => deck.view('pods').entries.some(({row}) => row.severity === 'crit');
	while (!isRed()) await wait(10);
	const firstRedMs = performance.now() - began;
	const rows = () => deck.completeView('pods').entries.length;
	while (rows() < pods) await wait(50);
	const allMs = performance.now() - began;
	const load = starting.report();

	const loop = watchLoop();
	await wait(seconds * 1000);
	const gaps = loop.report();
	clearInterval(painting);
	const {user, system} = process.cpuUsage(cpu);
	const elapsed = (performance.now() - began) / 1000;

	const {truth, requests, changes} = await cluster.ask<ServerReport>('stop');
	await wait(2000);
	const {port} = await watch.connection('bench');
	const context = {signal: AbortSignal.timeout(10_000), now: Date.now};
	const {objects} = await (port as KubernetesPort).readWatched('pods', context);
	const isShown = new Set(
		watch
			.reading('bench', 'kubernetes.pod')
			.get()
			.snapshot?.rows.map(({id}) => id),
	);
	// Pods that crash keep changing after the server's report: a newer state is right too.
	const wrong = truth.filter(
		([uid, version]) => !(Number(objects.get(uid)?.metadata.resourceVersion) >= Number(version)),
	);
	const report = {
		seconds: elapsed.toFixed(0),
		firstRedMs: Math.round(firstRedMs),
		allMs: Math.round(allMs),
		whileLoading: load,
		...gaps,
		changes,
		requests,
		podsThere: truth.length,
		podsKnown: objects.size,
		rowsShown: isShown.size,
		notAsThere: wrong.length,
		notShown: truth.filter(([uid]) => !isShown.has(uid)).length,
		cpuPercent: (((user + system) / 1e6 / elapsed) * 100).toFixed(0),
		rssMb: Math.round(process.memoryUsage().rss / 1024 / 1024),
	};
	process.stdout.write(`${JSON.stringify(report, null, '\t')}\n`);
	await watch.close();
	deck.close();
	await cluster.close();
	const isTrue = wrong.length === 0 && objects.size === truth.length && report.notShown === 0;
	process.exitCode = isTrue ? 0 : 1;
}

if (process.argv[2] === 'serve') await serve();
else await measure(Number(process.argv[2] ?? 120));

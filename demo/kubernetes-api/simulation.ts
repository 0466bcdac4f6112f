import {type ClusterScenario, hasCrashloop} from './cluster-scenario.ts';
import {type Churn, startChurn} from './controllers/churn.ts';
import type {Cluster} from './cluster.ts';
import {startControllers} from './controllers/controllers.ts';
import {addNamespace, addNode, addWorkload, imageOf} from './estate/estate-build.ts';
import {addAutoscaler, addBudget, addConfiguration} from './estate/estate-policies.ts';
import {manyWorkloads, nodeNames, type WorkloadPlan, workloads} from './estate/estate-workloads.ts';
import {setNodeReady} from './controllers/node-health.ts';
import {createPrograms, type Programs} from './objects/programs.ts';
import type {Backends} from './serving/service-proxy.ts';
import {troubles} from './estate/scenario-problems.ts';
import {createUsage, type Usage} from './usage.ts';
import type {WarpClock} from './fast-forward-clock.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** When the cluster was set up, before the demo began. */
export const clusterAgeMs = 90 * day;

/** What is in the cluster, and the ways to change it that no client has. */
export type World = {
	readonly cluster: Cluster;
	readonly scenario: ClusterScenario;
	/** What the program of an image does when it runs. */
	readonly programs: Programs;
	readonly usage: Usage;
	/** Where services really are, for the service proxy. */
	readonly backends: Backends;
	/** How many replicas the load asks for, by `NAMESPACE/NAME` of an autoscaler. */
	readonly wanted: Map<string, number>;
	/** Loses a node's kubelet, or finds it again. */
	setNodeReady(name: string, ready: boolean): void;
	/** Changes pods at random, so many times a second, until it is stopped. */
	churn(perSecond: number): Churn;
	/** Nothing acts by itself any more. */
	stop(): void;
};

/**
 * Sets the cluster up and lives through its past, up to the moment the scenario starts: what a client finds is what came of it, and not
 * made up. Then time goes on with the clock.
 */
export function buildWorld(...given: Parameters<typeof worldInSteps>): World {
	const steps = worldInSteps(...given);
	for (;;) {
		const {done, value} = steps.next();
		if (done) return value;
	}
}

/** The same, in small steps: whoever takes them may rest between any two. */
export function* worldInSteps(
	cluster: Cluster,
	clock: WarpClock,
	scenario: ClusterScenario,
	pods: number | undefined,
): Generator<void, World> {
	const programs = createPrograms();
	const plans = pods === undefined ? workloads : manyWorkloads(pods);
	const {startedAt} = scenario;
	const nodes = pods === undefined ? nodeNames : manyNodes(pods);
	for (const name of ['default', 'kube-system', 'kube-public']) addNamespace(cluster, name);
	for (const name of nodes) addNode(cluster, scenario, name);
	for (const {namespace} of plans) addNamespace(cluster, namespace);
	addConfiguration(cluster);
	programs.set('registry.example.test/checkout/api:2.40.3', {logs: 'json'});
	for (const plan of plans) {
		if (plan.busy !== undefined) programs.set(imageOf(plan, plan.version), {cpu: plan.busy});
	}
	const controllers = startControllers(cluster, scenario, programs);

	const made = plans.map(plan => ({at: startedAt - age(scenario, plan, pods !== undefined), plan}));
	for (const {at, plan} of made.toSorted((a, b) => a.at - b.at)) {
		yield* livedTo(clock, at);
		addWorkload(cluster, plan);
		if (pods === undefined) {
			addBudget(cluster, scenario, plan);
			addAutoscaler(cluster, plan);
		}
	}
	yield* livedTo(clock, startedAt - hour);
	pause(cluster, plans);
	controllers.autoscale();
	const happened = pods === undefined ? troubles({cluster, scenario, programs, controllers}) : [];
	for (const {beforeMs, happen} of happened.toSorted((a, b) => b.beforeMs - a.beforeMs)) {
		yield* livedTo(clock, startedAt - beforeMs);
		happen();
	}
	yield* livedTo(clock, startedAt);
	clock.join();
	const usage = createUsage(cluster, scenario, programs);
	if (hasCrashloop(scenario) && scenario.name !== 'crashloop') usage.burden('node-a3', 12 * 1024 ** 3);
	if (scenario.name === 'still') controllers.stop();

	return {
		cluster,
		scenario,
		programs,
		usage,
		backends: new Map(),
		wanted: controllers.wanted,
		setNodeReady: (name, ready) => setNodeReady(cluster, name, ready),
		churn: perSecond => startChurn(cluster, scenario, perSecond),
		stop: controllers.stop,
	};
}

function* livedTo(clock: WarpClock, at: number): Generator<void, void> {
	while (clock.step(at)) yield;
}

/** Between two hours and forty days. */
const age = (scenario: ClusterScenario, {namespace, name}: WorkloadPlan, together: boolean): number =>
	together ? 3 * hour : 2 * hour + Math.floor(scenario.fixed(`${namespace}/${name} age`) * 40 * day);

const manyNodes = (pods: number): readonly string[] =>
	Array.from({length: Math.ceil(pods / 200)}, (_, index) => `node-${String(index).padStart(3, '0')}`);

/** Some deployments were paused by somebody. */
function pause({store}: Cluster, plans: readonly WorkloadPlan[]): void {
	for (const {namespace, name, paused} of plans) {
		const found = paused === true ? store.get('deployments.apps', namespace, name) : undefined;
		if (found === undefined) continue;
		const spec = 'spec' in found && typeof found.spec === 'object' ? found.spec : {};
		const generation = (found.metadata.generation ?? 1) + 1;
		store.put('deployments.apps', {
			...found,
			metadata: {...found.metadata, generation},
			...{spec: {...spec, paused: true}},
		});
	}
}

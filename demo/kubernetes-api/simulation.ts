import type {FakeCluster} from './cluster.ts';
import {type ClusterScenario, hasCrashloop} from './cluster-scenario.ts';
import {type Churn, startChurn} from './controllers/churn.ts';
import {startControllers} from './controllers/controllers.ts';
import {setNodeReady} from './controllers/node-health.ts';
import {addNamespace, addNode, addWorkload, imageOf} from './estate/estate-build.ts';
import {addAutoscaler, addBudget, addConfiguration} from './estate/estate-policies.ts';
import {manyWorkloadPlans, nodeNames, type WorkloadPlan, workloadPlans} from './estate/estate-workloads.ts';
import {scenarioProblems} from './estate/scenario-problems.ts';
import type {FastForwardClock} from './fast-forward-clock.ts';
import {type ContainerPrograms, createContainerPrograms} from './objects/programs.ts';
import type {Backends} from './serving/service-proxy.ts';
import {createUsageModel, type UsageModel} from './usage.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** When the cluster was set up, before the demo began. */
export const clusterAgeMs = 90 * day;

/** The contents of the cluster, and ways to change it that no client has. */
export type Simulation = {
	readonly cluster: FakeCluster;
	readonly scenario: ClusterScenario;
	/** What the program of an image does when it runs. */
	readonly programs: ContainerPrograms;
	readonly usage: UsageModel;
	/** The addresses of services, for the service proxy. */
	readonly backends: Backends;
	/** How many replicas the load requires, by `NAMESPACE/NAME` of an autoscaler. */
	readonly desiredReplicas: Map<string, number>;
	/** Stops a node's kubelet, or starts it again. */
	setNodeReady(name: string, ready: boolean): void;
	/** Changes random pods at this rate per second, until it is stopped. */
	startChurn(perSecond: number): Churn;
	/** Stops the controllers, the scheduler and the kubelets. */
	stop(): void;
};

/**
 * Sets the cluster up and simulates its past, up to the start of the scenario: its state is the result of that history, not made up. Then
 * time follows the clock.
 */
export function buildSimulation(...given: Parameters<typeof buildSimulationInSteps>): Simulation {
	const steps = buildSimulationInSteps(...given);
	for (;;) {
		const {done, value} = steps.next();
		if (done) return value;
	}
}

/** Builds the simulation in small steps, so that the caller can yield between any two. */
export function* buildSimulationInSteps(
	cluster: FakeCluster,
	clock: FastForwardClock,
	scenario: ClusterScenario,
	pods: number | undefined,
): Generator<undefined, Simulation> {
	const programs = createContainerPrograms();
	const plans = pods === undefined ? workloadPlans : manyWorkloadPlans(pods);
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

	const made = plans.map(plan => ({at: startedAt - workloadAge(scenario, plan, pods !== undefined), plan}));
	for (const {at, plan} of made.toSorted((a, b) => a.at - b.at)) {
		yield* advanceTo(clock, at);
		addWorkload(cluster, plan);
		if (pods === undefined) {
			addBudget(cluster, scenario, plan);
			addAutoscaler(cluster, plan);
		}
	}
	yield* advanceTo(clock, startedAt - hour);
	pauseDeployments(cluster, plans);
	controllers.autoscale();
	const happened = pods === undefined ? scenarioProblems({cluster, scenario, programs, controllers}) : [];
	for (const {beforeMs, apply: happen} of happened.toSorted((a, b) => b.beforeMs - a.beforeMs)) {
		yield* advanceTo(clock, startedAt - beforeMs);
		happen();
	}
	yield* advanceTo(clock, startedAt);
	clock.switchToRealClock();
	const usage = createUsageModel(cluster, scenario, programs);
	if (hasCrashloop(scenario) && scenario.name !== 'crashloop') usage.addNodeLoad('node-a3', 12 * 1024 ** 3);
	if (scenario.name === 'still') controllers.stop();

	return {
		cluster,
		scenario,
		programs,
		usage,
		backends: new Map(),
		desiredReplicas: controllers.wanted,
		setNodeReady: (name, ready) => setNodeReady(cluster, name, ready),
		startChurn: perSecond => startChurn(cluster, scenario, perSecond),
		stop: controllers.stop,
	};
}

function* advanceTo(clock: FastForwardClock, at: number): Generator<undefined, void> {
	while (clock.step(at)) yield;
}

/** Between two hours and forty days. */
const workloadAge = (scenario: ClusterScenario, {namespace, name}: WorkloadPlan, together: boolean): number =>
	together ? 3 * hour : 2 * hour + Math.floor(scenario.stableRandom(`${namespace}/${name} age`) * 40 * day);

const manyNodes = (pods: number): readonly string[] =>
	Array.from({length: Math.ceil(pods / 200)}, (_, index) => `node-${String(index).padStart(3, '0')}`);

/** Some deployments are paused. */
function pauseDeployments({store}: FakeCluster, plans: readonly WorkloadPlan[]): void {
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

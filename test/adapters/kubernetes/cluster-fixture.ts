import {randomUUID} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {
	type ClientOptions,
	createKubernetesClient,
	type KubernetesClient,
} from '../../../adapters/kubernetes/client.ts';
import {
	createKubernetesSettings,
	type RawKubernetesSettings,
} from '../../../adapters/kubernetes/config/kubernetes-settings.ts';
import type {Timings} from '../../../adapters/kubernetes/watch/timings.ts';
import {type KubeObject, timestamp} from '../../../demo/kubernetes-api/objects/kube-object.ts';
import {
	type KubernetesApi,
	type KubernetesApiOptions,
	startKubernetesApi,
} from '../../../demo/kubernetes-api/server.ts';
import {createScenario} from '../../../demo/scenario.ts';
import {systemEnvironment} from '../../../src/config/config-environment.ts';
import type {Context} from '../../../src/contract/context.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';

/** Timings for tests in which the server stops answering or loses watches: what otherwise takes minutes takes seconds. */
export const fastTimings: Partial<Timings> = {
	silenceTimeoutMs: 2500,
	retryMs: 20,
	maxRetryMs: 150,
	healthyMs: 300,
	refusedRetryMs: 100,
	pollMs: 100,
	// A process that does not run for three intervals takes that for sleep and drops its connections. A busy machine stops it for a second.
	heartbeatIntervalMs: 700,
	heartbeatTimeoutMs: 1500,
	staleGraceMs: 6000,
};

/** Timings for all other tests: only the delays after a failure are short. */
const lenientTimings: Partial<Timings> = {
	...fastTimings,
	silenceTimeoutMs: 90_000,
	heartbeatIntervalMs: 10_000,
	heartbeatTimeoutMs: 30_000,
	staleGraceMs: 30_000,
};

export const testContext = (signal: AbortSignal = AbortSignal.timeout(120_000)): Context => ({signal, now: Date.now});

export type ClusterFixture = {
	readonly api: KubernetesApi;
	readonly folder: string;
	/** Writes a file beside the kubeconfig. Returns its path. */
	writeFile(name: string, text: string, mode?: number): Promise<string>;
	/** A client that reads this kubeconfig, or that of `admin`. */
	createClient(
		words?: RawKubernetesSettings & {readonly text?: string},
		options?: Partial<ClientOptions>,
	): Promise<KubernetesClient>;
	/** Environment of clients made later. */
	env: Record<string, string | undefined>;
	/** Programs that need no approval by clients made later; unless given, the plugin `login` beside the kubeconfig. */
	approvedPrograms: readonly string[];
	/** A pod that no controller owns, a minute old, in namespace `fixture` by default. */
	addPod(
		name: string,
		more?: {readonly namespace?: string; readonly filler?: number; readonly ageMs?: number; readonly image?: string},
	): KubeObject;
	/** Its container never starts. */
	setWaiting(name: string, waiting: {readonly reason: string; readonly message: string}): void;
	removePod(name: string, namespace?: string): void;
	/** The current resourceVersion of each object of the kind, by uid. */
	actualVersions(kind: string, namespace?: string): Readonly<Record<string, string>>;
	close(): Promise<void>;
};

export async function startClusterFixture({
	timings = lenientTimings,
	...options
}: Partial<KubernetesApiOptions> & {readonly timings?: Partial<Timings>} = {}): Promise<ClusterFixture> {
	const scenario = options.scenario ?? createScenario('default', {now: options.clock?.now ?? Date.now});
	const api = await startKubernetesApi({...options, scenario});
	const folder = await mkdtemp(join(tmpdir(), 'midwatch-kubernetes-'));
	const clients: KubernetesClient[] = [];
	let number = 0;
	const {store} = api.simulation.cluster;

	async function file(name: string, text: string, mode = 0o600) {
		const path = join(folder, name);
		await writeFile(path, text, {mode});
		return path;
	}

	const clusterFixture: ClusterFixture = {
		api,
		folder,
		writeFile: file,
		env: {PATH: process.env['PATH']},
		approvedPrograms: [join(folder, 'login')],
		async createClient({text, ...words} = {}, more = {}) {
			number += 1;
			const kubeconfig = words.kubeconfig ?? [await file(`config-${number}`, text ?? api.kubeconfig)];
			const own = {env: clusterFixture.env, home: folder, stateDir: join(folder, 'state')};
			const environment = {...systemEnvironment(), ...own};
			const settings = createKubernetesSettings(
				{...words, kubeconfig, allowExec: clusterFixture.approvedPrograms},
				environment,
			);
			const client = createKubernetesClient(settings, {readOnly: false, timings, ...more});
			clients.push(client);
			return client;
		},
		addPod(name, {namespace = 'fixture', filler = 0, ageMs = 60_000, image = 'fixture:1'} = {}) {
			// Young at any date, since the youngest come first among healthy pods: a test looks for it on the screen.
			const createdAt = Date.now() - ageMs;
			return store.put('pods', {
				apiVersion: 'v1',
				kind: 'Pod',
				metadata: {
					name,
					namespace,
					uid: store.get('pods', namespace, name)?.metadata.uid ?? randomUUID(),
					resourceVersion: '',
					creationTimestamp: timestamp(createdAt),
					labels: {app: 'fixture'},
					...(filler === 0 ? {} : {annotations: {filler: 'x'.repeat(filler)}}),
				},
				spec: {nodeName: 'node-a1', containers: [{name: 'main', image}]},
				status: {
					phase: 'Running',
					conditions: [],
					containerStatuses: [
						{
							name: 'main',
							image,
							ready: true,
							restartCount: 0,
							state: {running: {startedAt: timestamp(createdAt + 1000)}},
							lastState: {},
						},
					],
				},
			} as KubeObject);
		},
		setWaiting(name, waiting) {
			const pod = store.get<KubeObject>('pods', 'fixture', name);
			if (pod === undefined) throw new Error(`no pod is called ${name}`);
			const status = {name: 'main', image: 'fixture:1', ready: false, restartCount: 0, state: {waiting}, lastState: {}};
			store.put('pods', {
				...pod,
				status: {phase: 'Pending', conditions: [], containerStatuses: [status]},
			} as KubeObject);
		},
		removePod: (name, namespace = 'fixture') => void store.remove('pods', namespace, name),
		actualVersions: (kind, namespace) =>
			Object.fromEntries(store.list(kind, namespace).map(({metadata}) => [metadata.uid, metadata.resourceVersion])),
		async close() {
			for (const client of clients) client.close();
			await api.close();
			await rm(folder, {recursive: true, force: true});
		},
	};
	return clusterFixture;
}

/** The resourceVersions of the objects that a port has read, in the form of `actualVersions`. */
export async function cachedVersions(port: KubernetesPort, kind: 'pods' | 'nodes' | 'deployments' = 'pods') {
	const {objects} = await port.readWatched(kind, testContext());
	return Object.fromEntries([...objects].map(([uid, {metadata}]) => [uid, metadata.resourceVersion]));
}

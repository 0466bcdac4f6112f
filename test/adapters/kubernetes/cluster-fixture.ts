import {randomUUID} from 'node:crypto';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {
	type ClientOptions,
	createKubernetesClient,
	type KubernetesClient,
} from '../../../adapters/kubernetes/api/client.ts';
import type {Timings} from '../../../adapters/kubernetes/api/timings.ts';
import {type KubeObject, timestamp} from '../../../demo/kubernetes-api/objects/kube-object.ts';
import {
	type KubernetesApi,
	type KubernetesApiOptions,
	startKubernetesApi,
} from '../../../demo/kubernetes-api/server.ts';
import {createScenario} from '../../../demo/scenario.ts';
import {systemSurroundings} from '../../../src/config/config-environment.ts';
import {type KubernetesWords, kubernetesSettings} from '../../../src/config/kubernetes/kubernetes-settings.ts';
import type {Context} from '../../../src/contract/context.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';

/** Little patience, so that a test sees what otherwise takes minutes. */
export const impatient: Partial<Timings> = {
	silentMs: 700,
	retryMs: 20,
	slowestMs: 150,
	healthyMs: 300,
	refusedMs: 100,
	pollMs: 100,
	pulseMs: 150,
	pulseLateMs: 400,
	graceMs: 3000,
};

/** For tests in which no server falls silent: a machine that is busy may do so for a second. */
export const unhurried: Partial<Timings> = {...impatient, silentMs: 10_000, pulseLateMs: 5000, graceMs: 30_000};

export const asking = (signal: AbortSignal = AbortSignal.timeout(10_000)): Context => ({signal, now: Date.now});

export type Rig = {
	readonly api: KubernetesApi;
	readonly folder: string;
	/** Writes a file beside the kubeconfig. Gives its path. */
	file(name: string, text: string, mode?: number): Promise<string>;
	/** A client that reads this kubeconfig, or that of `admin`. */
	client(
		words?: KubernetesWords & {readonly text?: string},
		options?: Partial<ClientOptions>,
	): Promise<KubernetesClient>;
	/** Environment of clients made later. */
	env: Record<string, string | undefined>;
	/** Programs that need no approval by clients made later; unless given, the plugin `login` beside the kubeconfig. */
	allowed: readonly string[];
	/** A pod that no controller owns, a minute old, in namespace `rig` unless told. */
	addPod(
		name: string,
		more?: {readonly namespace?: string; readonly filler?: number; readonly ageMs?: number; readonly image?: string},
	): KubeObject;
	/** Its container never starts. */
	setWaiting(name: string, waiting: {readonly reason: string; readonly message: string}): void;
	removePod(name: string, namespace?: string): void;
	/** By uid: the version in which each object of the kind is there now. */
	truth(kind: string, namespace?: string): Readonly<Record<string, string>>;
	close(): Promise<void>;
};

export async function startRig({
	timings = impatient,
	...options
}: Partial<KubernetesApiOptions> & {readonly timings?: Partial<Timings>} = {}): Promise<Rig> {
	const scenario = options.scenario ?? createScenario('default', {now: options.clock?.now ?? Date.now});
	const api = await startKubernetesApi({...options, scenario});
	const folder = await mkdtemp(join(tmpdir(), 'midwatch-kubernetes-'));
	const clients: KubernetesClient[] = [];
	let number = 0;
	const {store} = api.world.cluster;

	async function file(name: string, text: string, mode = 0o600) {
		const path = join(folder, name);
		await writeFile(path, text, {mode});
		return path;
	}

	const rig: Rig = {
		api,
		folder,
		file,
		env: {PATH: process.env['PATH']},
		allowed: [join(folder, 'login')],
		async client({text, ...words} = {}, more = {}) {
			number += 1;
			const kubeconfig = words.kubeconfig ?? [await file(`config-${number}`, text ?? api.kubeconfig)];
			const plugins = {allowed: rig.allowed, policy: async () => undefined, keys: {targets: 't', login: 'l'}};
			const own = {env: rig.env, home: folder, stateDir: join(folder, 'state'), plugins};
			const surroundings = {...systemSurroundings(), ...own};
			const settings = kubernetesSettings({...words, kubeconfig}, surroundings);
			const client = createKubernetesClient(settings, {readOnly: false, timings, ...more});
			clients.push(client);
			return client;
		},
		addPod(name, {namespace = 'rig', filler = 0, ageMs = 60_000, image = 'rig:1'} = {}) {
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
					labels: {app: 'rig'},
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
			const pod = store.get<KubeObject>('pods', 'rig', name);
			if (pod === undefined) throw new Error(`no pod is called ${name}`);
			const status = {name: 'main', image: 'rig:1', ready: false, restartCount: 0, state: {waiting}, lastState: {}};
			store.put('pods', {
				...pod,
				status: {phase: 'Pending', conditions: [], containerStatuses: [status]},
			} as KubeObject);
		},
		removePod: (name, namespace = 'rig') => void store.remove('pods', namespace, name),
		truth: (kind, namespace) =>
			Object.fromEntries(store.list(kind, namespace).map(({metadata}) => [metadata.uid, metadata.resourceVersion])),
		async close() {
			for (const client of clients) client.close();
			await api.close();
			await rm(folder, {recursive: true, force: true});
		},
	};
	return rig;
}

/** What a port knows of the pods, as `truth` tells it. */
export async function known(port: KubernetesPort, kind: 'pods' | 'nodes' | 'deployments' = 'pods') {
	const {objects} = await port.watched(kind, asking());
	return Object.fromEntries([...objects].map(([uid, {metadata}]) => [uid, metadata.resourceVersion]));
}

/** Tries until it no longer throws: what it asserts comes about by itself. */
export async function eventually<T>(check: () => Promise<T> | T, withinMs = 15_000): Promise<T> {
	const until = Date.now() + withinMs;
	for (;;) {
		try {
			return await check();
		} catch (error) {
			if (Date.now() > until) throw error;
			await new Promise(resolve => setTimeout(resolve, 20));
		}
	}
}

import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect} from 'vitest';
import type {KubeObject} from '../../../demo/kubernetes-api/objects/kube-object.ts';
import {type KubernetesApi, startKubernetesApi} from '../../../demo/kubernetes-api/server.ts';
import type {DemoLogin} from '../../../demo/kubernetes-api/serving/access.ts';
import {createScenario, type ScenarioName} from '../../../demo/scenario.ts';
import {debianKubectl, installedKubectl, type Kubectl} from '../../estate/kubectl.ts';
import {skipOrFail} from '../../estate/skip-or-fail.ts';

type Done = {readonly code: number; readonly out: string; readonly err: string};

export type KubectlFixture = {
	readonly api: KubernetesApi;
	/** Runs kubectl to its end. @throws Error with what it wrote when it fails. */
	kubectl(...words: readonly string[]): Promise<string>;
	/** Runs kubectl as another login; resolves also when it fails. */
	tryKubectl(login: DemoLogin, ...words: readonly string[]): Promise<Done>;
	/** Starts a kubectl that does not end by itself, such as `get -w`. Returns what it has written so far, and how to end it. */
	startKubectl(...words: readonly string[]): {readonly out: () => string; end(): Promise<void>};
	/** Writes an object to a file. Returns its path. */
	file(object: KubeObject): string;
	/** Waits until the condition holds, which is checked after each change of the cluster. Limited by the timeout of the test. */
	until(what: () => boolean): Promise<void>;
	get<T extends KubeObject>(resource: string, namespace: string | undefined, name: string): T;
	pods(namespace: string, app: string): readonly KubeObject[];
};

/** Starts a cluster in the scenario, one for each kubectl and test file. */
async function openKubectlFixture(binary: Kubectl, scenario: ScenarioName): Promise<KubectlFixture> {
	const api = await startKubernetesApi({scenario: createScenario(scenario, {now: Date.now}), context: 'judged'});
	const folder = mkdtempSync(join(tmpdir(), 'midwatch-kubectl-'));
	const {store} = api.simulation.cluster;
	const fileOf = (login: DemoLogin) => {
		const file = join(folder, `${login}.json`);
		writeFileSync(file, api.kubeconfigOf(login), {mode: 0o600});
		return file;
	};
	const start = (login: DemoLogin, words: readonly string[]) => {
		const env = {PATH: process.env['PATH'] ?? '', HOME: folder, KUBECONFIG: fileOf(login)};
		const child = spawn(binary.path, words, {env, stdio: ['ignore', 'pipe', 'pipe']});
		let out = '';
		let err = '';
		child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
		child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
		const closed = new Promise<Done>((resolve, reject) => {
			child.on('error', reject);
			child.on('close', code => resolve({code: code ?? -1, out, err}));
		});
		return {child, closed, out: () => out};
	};
	afterAll(async () => {
		await api.close();
		rmSync(folder, {recursive: true, force: true});
	});
	return {
		api,
		async kubectl(...words) {
			const {code, out, err} = await start('admin', words).closed;
			if (code !== 0) throw new Error(`kubectl ${words.join(' ')}\n${out}${err}`);
			return out;
		},
		tryKubectl: (login, ...words) => start(login, words).closed,
		startKubectl(...words) {
			const {child, closed, out} = start('admin', words);
			return {
				out,
				async end() {
					child.kill();
					await closed;
				},
			};
		},
		file(object) {
			const file = join(folder, `${object.metadata.name}.json`);
			writeFileSync(file, JSON.stringify(object));
			return file;
		},
		until: what =>
			new Promise(resolve => {
				if (what()) return resolve();
				const timer = setInterval(() => {
					if (!what()) return;
					clearInterval(timer);
					resolve();
				}, 20);
			}),
		get<T extends KubeObject>(resource: string, namespace: string | undefined, name: string) {
			const found = store.get<T>(resource, namespace, name);
			if (found === undefined) throw new Error(`there is no ${resource} ${namespace}/${name}`);
			return found;
		},
		pods: (namespace, app) =>
			store.list('pods', namespace).filter(({metadata}) => metadata.labels?.['app.kubernetes.io/name'] === app),
	};
}

/**
 * A `describe` for each kubectl there is: Debian's, which has to be there (with MIDWATCH_REQUIRE=all it fails when it is not, else it is
 * skipped with the reason), and this machine's own. `open` starts the cluster, to be called in a hook or test. `speaksJson`: newer ones
 * send some objects as protocol buffers only, which this server does not read.
 */
export function describeWithKubectl(
	title: string,
	scenario: ScenarioName,
	body: (judge: () => KubectlFixture, open: () => Promise<void>, speaksJson: boolean) => void,
): void {
	for (const found of [debianKubectl(), installedKubectl()]) {
		if (found === undefined) continue;
		describe(`${title}, by ${found.name}`, () => {
			if ('missing' in found) {
				skipOrFail('judge', found.missing);
				return;
			}
			let fixture: KubectlFixture | undefined;
			body(
				() => fixture ?? expect.fail('the cluster was not started'),
				async () => {
					fixture = await openKubectlFixture(found, scenario);
				},
				found.name.includes('Debian'),
			);
		});
	}
}
